-- These were digests of the resolved configuration, which has other keys now. A repeated request is answered with the
-- run of the first, a text that has not changed is not trained on again.
UPDATE idempotency_keys SET digest = '';
UPDATE firings SET configuration_sha256 = NULL;
