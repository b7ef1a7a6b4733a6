//! `verify trail` on buckets: moto's S3, and the public keys of the fake.
