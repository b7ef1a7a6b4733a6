//! The validator of `aws cloudtrail validate-logs`, which is not ours, on the same objects.
