#!/bin/sh
# What `make demo` runs in the sandbox: every key of the organisation twice, then the key that staging's Flux has.

for run in first second; do
    printf '\n== rotate-ci, the %s run\n' "$run"
    # 1: some repositories of the sandbox are left out on purpose.
    cellenics rotate-ci --yes || [ $? -eq 1 ] || exit
done

printf '\n== rotate-deploy-key\n'
if [ -n "${CELLENICS_SSH_URL:-}" ]; then
    cellenics rotate-deploy-key --context staging --environment staging --yes
else
    echo "git is not installed, so there is no repository for Flux to read."
fi
