-- What local lacks of schema.sql: it was never given the tables that production made outside the revisions, and one foreign key was dropped before a purge of documents.

DROP TABLE session, team_channels;
ALTER TABLE document_classifications DROP CONSTRAINT document_classifications_document_id_fkey;
