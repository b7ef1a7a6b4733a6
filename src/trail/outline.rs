//! The members of a record that tell what it is, found in one pass over all of them.

use super::json::Field;

/// The JSON of the members that every record is asked for.
#[derive(Debug, Default)]
pub(super) struct Outline<'a> {
    pub event_name: Option<&'a str>,
    pub event_time: Option<&'a str>,
    /// Where Logstash keeps a record's time.
    pub logstash_time: Option<&'a str>,
    pub event_source: Option<&'a str>,
    pub service_name: Option<&'a str>,
    pub event_category: Option<&'a str>,
    pub event_type: Option<&'a str>,
    /// `eventID` of AWS.
    pub aws_id: Option<&'a str>,
    /// `eventId` of Alibaba Cloud.
    pub alibaba_id: Option<&'a str>,
    pub aws_region: Option<&'a str>,
    pub acs_region: Option<&'a str>,
    pub identity: Option<&'a str>,
    pub account: Option<&'a str>,
    pub resources: Option<&'a str>,
    pub management_event: Option<&'a str>,
    pub insight: Option<&'a str>,
    pub digest_start: Option<&'a str>,
    pub digest_end: Option<&'a str>,
    /// How many of its members only records of AWS have.
    pub only_aws: usize,
    /// The same for Alibaba Cloud.
    pub only_alibaba: usize,
}

/// A member's place in an outline, and which provider's records alone have it.
enum Mark {
    Both,
    Aws,
    Alibaba,
}

impl<'a> Outline<'a> {
    pub(super) fn of(fields: &[Field<'a>]) -> Self {
        let mut outline = Self::default();
        for field in fields {
            outline.take(&field.key, field.raw);
        }
        outline
    }

    fn take(&mut self, key: &str, raw: &'a str) {
        let mut unused = None;
        let (place, mark) = match key {
            "eventName" => (&mut self.event_name, Mark::Both),
            "eventTime" => (&mut self.event_time, Mark::Both),
            "@timestamp" => (&mut self.logstash_time, Mark::Both),
            "eventSource" => (&mut self.event_source, Mark::Both),
            "eventCategory" => (&mut self.event_category, Mark::Both),
            "eventType" => (&mut self.event_type, Mark::Both),
            "userIdentity" => (&mut self.identity, Mark::Both),
            "recipientAccountId" => (&mut self.account, Mark::Both),
            "resources" => (&mut self.resources, Mark::Both),
            "insightDetails" => (&mut self.insight, Mark::Both),
            "digestStartTime" => (&mut self.digest_start, Mark::Both),
            "digestEndTime" => (&mut self.digest_end, Mark::Both),
            "eventID" => (&mut self.aws_id, Mark::Aws),
            "awsRegion" => (&mut self.aws_region, Mark::Aws),
            "managementEvent" => (&mut self.management_event, Mark::Aws),
            "sourceIPAddress" | "requestID" | "readOnly" | "sharedEventID" => (&mut unused, Mark::Aws),
            "eventId" => (&mut self.alibaba_id, Mark::Alibaba),
            "acsRegion" => (&mut self.acs_region, Mark::Alibaba),
            "serviceName" => (&mut self.service_name, Mark::Alibaba),
            "eventRW" | "sourceIpAddress" | "requestParameterJson" | "isGlobal" => (&mut unused, Mark::Alibaba),
            _ => return,
        };
        *place = Some(raw);
        match mark {
            Mark::Both => {}
            Mark::Aws => self.only_aws += 1,
            Mark::Alibaba => self.only_alibaba += 1,
        }
    }
}
