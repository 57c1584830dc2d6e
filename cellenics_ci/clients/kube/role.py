"""The least right in a cluster that a rotation needs, as a manifest that can be applied."""

from __future__ import annotations

from typing import Final

_ROLE: Final = """\
apiVersion: rbac.authorization.k8s.io/v1
kind: Role
metadata:
  name: cellenics-rotate-deploy-key
  namespace: {namespace}
rules:
  - apiGroups: [""]
    resources: [secrets]
    resourceNames: [{secret}]
    verbs: [get, patch]
  - apiGroups: [source.toolkit.fluxcd.io]
    resources: [gitrepositories]
    resourceNames: [{source}]
    verbs: [get, patch]
"""


def required_role(*, namespace: str, secret: str, source: str) -> str:
    """Return the Role (YAML) that is enough for a key that is there already.

    A first Secret needs `create` on secrets too, which can't be limited to a name (Kubernetes, "Using RBAC
    Authorization"). What is only told for information needs `list` on imageupdateautomations and `get` on
    kustomizations.
    """
    return _ROLE.format(namespace=namespace, secret=secret, source=source)
