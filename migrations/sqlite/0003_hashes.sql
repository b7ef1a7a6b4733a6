-- Hashes of trail objects: version 3.

-- SHA-256 of the object's bytes as stored, in hex; NULL where nobody asked for it.
ALTER TABLE objects ADD COLUMN sha256 TEXT;

-- SHA-256 of the object's content, uncompressed, in hex: what the digest files of a trail list for its logs.
ALTER TABLE objects ADD COLUMN sha256_uncompressed TEXT;
