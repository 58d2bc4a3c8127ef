-- Put on top of production's rows: a check that they violate already, and a trigger that somebody switched off.

ALTER TABLE licenses ADD CONSTRAINT ck_licenses_expiration_after_issue CHECK (expiration_date >= issue_date) NOT VALID;
ALTER TABLE licenses DISABLE TRIGGER set_updated_at;
