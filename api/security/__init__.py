"""What stands between the service and who calls it: origins, rates, headers, uploads, URLs. `docs/security.md`."""
