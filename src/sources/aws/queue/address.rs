//! What the address of a queue tells.

/// The Region of a queue's host: `sqs.REGION.amazonaws.com`, or `REGION.queue.amazonaws.com` as older addresses have it
/// (`queue.amazonaws.com` is in us-east-1). Any other host is a stand-in and tells nothing.
pub(super) fn region(queue_url: &str) -> Option<String> {
    let (_, rest) = queue_url.split_once("://")?;
    let host = rest.split(['/', ':', '?']).next()?.to_ascii_lowercase();
    let name = host.strip_suffix(".cn").unwrap_or(&host);
    let name = name.strip_suffix(".amazonaws.com").or_else(|| name.strip_suffix(".api.aws"))?;
    if name == "queue" {
        return Some("us-east-1".to_owned());
    }
    let region = name
        .strip_suffix(".queue")
        .or_else(|| name.strip_prefix("sqs."))
        .or_else(|| name.strip_prefix("sqs-fips."))
        // The endpoint of a VPC has a name of its own in front.
        .or_else(|| name.strip_suffix(".vpce").and_then(|name| name.split_once(".sqs.")).map(|(_, region)| region))?;
    let well_formed = region.contains('-') && region.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    well_formed.then(|| region.to_owned())
}

#[cfg(test)]
mod tests {
    use super::region;

    #[test]
    fn the_region_is_that_of_the_host() {
        for (url, expected) in [
            ("https://sqs.eu-west-1.amazonaws.com/111122223333/q", Some("eu-west-1")),
            ("https://sqs.cn-north-1.amazonaws.com.cn/111122223333/q", Some("cn-north-1")),
            ("https://sqs-fips.us-gov-west-1.amazonaws.com/111122223333/q", Some("us-gov-west-1")),
            ("https://queue.amazonaws.com/111122223333/q", Some("us-east-1")),
            ("https://eu-central-1.queue.amazonaws.com/111122223333/q", Some("eu-central-1")),
            ("https://vpce-1-2.sqs.us-east-2.vpce.amazonaws.com/111122223333/q", Some("us-east-2")),
            ("https://sqs.us-east-1.api.aws/111122223333/q", Some("us-east-1")),
            ("http://127.0.0.1:5000/111122223333/sqs.eu-west-1.amazonaws.com", None),
            ("https://sqs.eu-west-1.example.com/1/q", None),
            ("http://localhost/q", None),
            ("q", None),
            ("", None),
        ] {
            assert_eq!(region(url).as_deref(), expected, "{url}");
        }
    }
}
