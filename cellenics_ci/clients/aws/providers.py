"""IAM's identity providers for web identities: whose OIDC tokens the account takes at all."""

from __future__ import annotations

from functools import partial

from cellenics_ci.clients.answers import understood
from cellenics_ci.clients.aws.patience import PatientIam
from cellenics_ci.errors import CallFailed, Failure
from cellenics_ci.model.oidc import Provider


class IamProviders:
    """OpenID Connect providers, by their ARN. Every method raises CallFailed only."""

    def __init__(self, iam: PatientIam) -> None:
        self._iam = iam
        self._client = iam.session.iam
        self._client_once = iam.session.iam_once

    @understood
    def get(self, arn: str) -> Provider | None:
        """Return a provider, None where there is none of this ARN."""
        request = partial(self._client.get_open_id_connect_provider, OpenIDConnectProviderArn=arn)
        try:
            found = self._iam.call("iam:GetOpenIDConnectProvider", arn, request)
        except CallFailed as failed:
            if failed.kind is Failure.NOT_FOUND:
                return None
            raise
        return Provider(found["Url"].removeprefix("https://"), tuple(found.get("ClientIDList", ())))

    def create(self, provider: Provider) -> None:
        """Create a provider. EXISTS where there is one for this issuer.

        Without thumbprints: IAM trusts GitHub by its own list of authorities, and fetches a thumbprint where it
        needs one (API reference, CreateOpenIDConnectProvider: ThumbprintList is optional; user guide, "Obtain the
        thumbprint for an OpenID Connect identity provider").
        """
        request = partial(
            self._client_once.create_open_id_connect_provider,
            Url=f"https://{provider.issuer}",
            ClientIDList=list(provider.audiences),
        )
        self._iam.call("iam:CreateOpenIDConnectProvider", provider.issuer, request)

    def add_audience(self, arn: str, audience: str) -> None:
        """Take tokens for one more audience; one that is there already is no error (API reference)."""
        request = partial(
            self._client.add_client_id_to_open_id_connect_provider, OpenIDConnectProviderArn=arn, ClientID=audience
        )
        self._iam.call("iam:AddClientIDToOpenIDConnectProvider", arn, request)
