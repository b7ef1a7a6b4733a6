//! A scene: an account with its role, stores, coverage and events, put together step by step.

use std::sync::LazyLock;

use jiff::Timestamp;

use super::event::EventBuilder;
use crate::model::{
    Account, AttachedPolicy, Coverage, CoverageKey, CoverageSpan, DeletionTask, Evidence, Judgement, JudgingSettings,
    KeyStore, Outcome, Provider, Role, RoleSpan, RoleUse, StoreNeed, StoreSpan, StoreState, TaskStatus, TaskUsage,
    TrailSettings, TrailSpan, api,
};
use crate::profiles::{Profile, Profiles, Selection};
use crate::rules::{self, Case, Standing, Twin};

pub(in crate::rules) const ACCOUNT: &str = "111122223333";
pub(in crate::rules) const ROLE_ID: &str = "AROAEXAMPLE";
pub(in crate::rules) const NOW: &str = "2026-07-01T00:00:00Z";
const ROLE_CREATED: &str = "2026-01-01T00:00:00Z";

#[derive(Debug, Clone)]
pub(in crate::rules) struct Scene {
    pub(in crate::rules) evidence: Evidence,
    profiles: Profiles,
    selection: Selection,
}

/// Parsing the built-in profiles takes longer than judging a scene by them.
static BUILT_IN: LazyLock<Profiles> = LazyLock::new(|| Profiles::builtin().expect("built-in profiles load"));

fn time(text: &str) -> Timestamp {
    text.parse().expect("the test's own time")
}

impl Scene {
    fn of(provider: Provider) -> Self {
        let evidence = Evidence {
            account: Account::new(provider, ACCOUNT),
            as_of: time(NOW),
            settings: JudgingSettings::default(),
            roles: Vec::new(),
            stores: Vec::new(),
            coverage: Vec::new(),
            events: Vec::new(),
            uses: Vec::new(),
            tasks: Vec::new(),
            trails: Vec::new(),
            digests: Vec::new(),
        };
        Self { evidence, profiles: BUILT_IN.clone(), selection: Selection::default() }
    }

    pub(in crate::rules) fn aws() -> Self {
        Self::of(Provider::Aws)
    }

    pub(in crate::rules) fn alibaba() -> Self {
        Self::of(Provider::Alibaba)
    }

    pub(in crate::rules) fn profile(&self) -> Profile {
        let mut profiles = self.profiles.of(self.evidence.account.provider);
        profiles.find(|profile| profile.primary).expect("each provider has a primary profile").clone()
    }

    fn twin(&self) -> Profile {
        let id = self.profile().twin.expect("the scene's profile has a twin");
        self.profiles.get(&id).expect("the twin is built in").clone()
    }

    fn first_region(&self) -> &'static str {
        match self.evidence.account.provider {
            Provider::Aws => "eu-west-1",
            Provider::Alibaba => "cn-hangzhou",
        }
    }

    /// Moves "now", and with it every reading of that moment.
    pub(in crate::rules) fn now(mut self, at: &str) -> Self {
        self.evidence.as_of = time(at);
        for span in &mut self.evidence.coverage {
            span.checked_at = time(at);
        }
        self
    }

    pub(in crate::rules) fn trusting_also(mut self, principal: &str) -> Self {
        self.selection.trust.insert(self.profile().id, vec![principal.to_owned()]);
        self.profiles = Profiles::load(&self.selection).expect("profiles load");
        self
    }

    // The role.

    fn arn_of(&self, profile: &Profile) -> String {
        match self.evidence.account.provider {
            Provider::Aws => format!(
                "arn:aws:iam::{ACCOUNT}:role/aws-service-role/{}/{}",
                profile.trusted_principals[0],
                profile.role_name()
            ),
            Provider::Alibaba => format!("acs:ram::{ACCOUNT}:role/{}", profile.role_name().to_ascii_lowercase()),
        }
    }

    fn role_state(&self, profile: &Profile, version: Option<usize>) -> Role {
        let aws = self.evidence.account.provider == Provider::Aws;
        let managed = profile.policy.as_ref().expect("the scene's profiles have a policy");
        let version = version.or(managed.versions.len().checked_sub(1)).and_then(|at| managed.versions.get(at));
        let policy = AttachedPolicy {
            name: managed.name.clone(),
            arn: if aws {
                format!("arn:aws:iam::aws:policy/aws-service-role/{}", managed.name)
            } else {
                "System".into()
            },
            version: version.map(|version| version.id.clone()),
            document: version.map(|version| version.document.canonical()),
        };
        Role {
            arn: self.arn_of(profile),
            name: profile.role_name().to_owned(),
            role_id: ROLE_ID.to_owned(),
            path: aws.then(|| format!("/aws-service-role/{}/", profile.trusted_principals[0])),
            created: Some(time(ROLE_CREATED)),
            trust_policy: BUILT_IN.get(&profile.id).and_then(Profile::trust_policy).map(|policy| policy.canonical()),
            description: None,
            attached: Some(vec![policy]),
            inline: aws.then(Vec::new),
            tags: std::collections::BTreeMap::new(),
            permissions_boundary: None,
        }
    }

    fn observed(mut self, profile: &Profile, role: Option<Role>) -> Self {
        let aws = self.evidence.account.provider == Provider::Aws;
        let apis: &[&str] = match (aws, &role) {
            (true, Some(_)) => &[api::AWS_GET_ROLE, api::AWS_ATTACHED_POLICIES, api::AWS_INLINE_POLICIES],
            (true, None) => &[api::AWS_GET_ROLE],
            (false, Some(_)) => &[api::ALIBABA_GET_ROLE, api::ALIBABA_POLICIES],
            (false, None) => &[api::ALIBABA_GET_ROLE],
        };
        for api in apis {
            self = self.row(api, None, Some(profile.role_name()), Outcome::Complete, NOW);
        }
        let valid_from = time(ROLE_CREATED);
        self.evidence.roles.push(RoleSpan {
            profile: profile.id.clone(),
            role,
            valid_from,
            valid_to: None,
            last_seen: self.evidence.as_of,
            last_used: None,
        });
        self
    }

    pub(in crate::rules) fn role(self) -> Self {
        self.role_with(|_| {})
    }

    pub(in crate::rules) fn role_with(self, change: impl Fn(&mut Role)) -> Self {
        let profile = self.profile();
        let mut role = self.role_state(&profile, None);
        change(&mut role);
        self.observed(&profile, Some(role))
    }

    pub(in crate::rules) fn role_with_policy_version(self, version: usize) -> Self {
        let profile = self.profile();
        let role = self.role_state(&profile, Some(version));
        self.observed(&profile, Some(role))
    }

    pub(in crate::rules) fn no_role(self) -> Self {
        let profile = self.profile();
        self.observed(&profile, None)
    }

    pub(in crate::rules) fn twin_role(self) -> Self {
        let twin = self.twin();
        let role = self.role_state(&twin, None);
        self.observed(&twin, Some(role))
    }

    pub(in crate::rules) fn no_twin_role(self) -> Self {
        let twin = self.twin();
        self.observed(&twin, None)
    }

    /// An earlier state of the role.
    pub(in crate::rules) fn role_until(mut self, role_id: &str, until: &str) -> Self {
        let profile = self.profile();
        let role = Role { role_id: role_id.to_owned(), ..self.role_state(&profile, None) };
        self.evidence.roles.push(RoleSpan {
            profile: profile.id,
            role: Some(role),
            valid_from: time("2025-01-01T00:00:00Z"),
            valid_to: Some(time(until)),
            last_seen: time("2025-12-01T00:00:00Z"),
            last_used: None,
        });
        self
    }

    /// How asking for the role ended.
    pub(in crate::rules) fn role_answer(self, outcome: Outcome) -> Self {
        let api = match self.evidence.account.provider {
            Provider::Aws => api::AWS_GET_ROLE,
            Provider::Alibaba => api::ALIBABA_GET_ROLE,
        };
        let name = self.profile().role_name().to_owned();
        self.row(api, None, Some(&name), outcome, NOW)
    }

    // Stores.

    pub(in crate::rules) fn store(self, id: &str, need: StoreNeed) -> Self {
        self.store_with(id, |store| store.need = need)
    }

    pub(in crate::rules) fn store_in(self, region: &str, id: &str, need: StoreNeed) -> Self {
        self.store_with(id, |store| {
            store.need = need;
            region.clone_into(&mut store.region);
        })
    }

    pub(in crate::rules) fn store_created(self, id: &str, at: &str) -> Self {
        self.store_with(id, |store| store.created = Some(time(at)))
    }

    pub(in crate::rules) fn ending_store(self, id: &str, at: &str) -> Self {
        self.store_with(id, |store| store.expires = Some(time(at)))
    }

    pub(in crate::rules) fn store_until(self, id: &str, at: &str) -> Self {
        self.store(id, StoreNeed::Needed).unseen(id, at)
    }

    pub(in crate::rules) fn store_with(mut self, id: &str, change: impl Fn(&mut KeyStore)) -> Self {
        let mut store = KeyStore {
            kind: self.profile().store.expect("the scene's profile serves stores").kind,
            id: id.to_owned(),
            region: self.first_region().to_owned(),
            name: None,
            store_type: None,
            need: StoreNeed::Needed,
            state: StoreState::Connected,
            provider_state: None,
            error_code: None,
            cluster: None,
            created: None,
            expires: None,
        };
        change(&mut store);
        let last_seen = self.evidence.as_of;
        self.evidence.stores.push(StoreSpan { store, valid_from: time(ROLE_CREATED), valid_to: None, last_seen });
        self
    }

    /// Inventory no longer shows the store at `at`.
    pub(in crate::rules) fn unseen(mut self, id: &str, at: &str) -> Self {
        for span in self.evidence.stores.iter_mut().filter(|span| span.store.id == id) {
            (span.valid_to, span.last_seen) = (Some(time(at)), time(at));
        }
        self
    }

    // Coverage.

    fn row(mut self, api: &str, region: Option<&str>, subject: Option<&str>, outcome: Outcome, since: &str) -> Self {
        let as_of = self.evidence.as_of;
        let since = time(since).min(as_of);
        let key = CoverageKey {
            provider: self.evidence.account.provider,
            account: Some(ACCOUNT.to_owned()),
            region: region.map(str::to_owned),
            api: api.to_owned(),
            subject: subject.map(str::to_owned),
        };
        self.evidence.coverage.retain(|span| span.coverage.key != key);
        let last_complete = (outcome == Outcome::Complete).then_some(as_of);
        let coverage = Coverage { key, outcome, detail: String::new(), from: as_of, to: as_of };
        self.evidence.coverage.push(CoverageSpan { coverage, since, checked_at: as_of, last_complete });
        self
    }

    pub(in crate::rules) fn place(self, api: &str, region: Option<&str>, outcome: Outcome, since: &str) -> Self {
        self.row(api, region, None, outcome, since)
    }

    pub(in crate::rules) fn region(self, region: &str, outcome: Outcome) -> Self {
        let api = self.profile().store.expect("the scene's profile serves stores").api;
        self.row(&api, Some(region), None, outcome, "2026-02-01T00:00:00Z")
    }

    pub(in crate::rules) fn regions(self, outcome: Outcome) -> Self {
        match self.evidence.account.provider {
            Provider::Aws => self.region("eu-west-1", outcome).region("us-east-1", outcome),
            Provider::Alibaba => self.region("cn-hangzhou", outcome).region("cn-shanghai", outcome),
        }
    }

    pub(in crate::rules) fn account(self, outcome: Outcome) -> Self {
        self.row(api::ACCOUNT, None, None, outcome, NOW)
    }

    /// How listing all accounts ended.
    pub(in crate::rules) fn accounts(self, outcome: Outcome) -> Self {
        let mut scene = self.account(outcome);
        if let Some(span) = scene.evidence.coverage.last_mut() {
            span.coverage.key.account = None;
        }
        scene
    }

    /// How listing the accounts of the organization ended.
    pub(in crate::rules) fn list_of_accounts(self, outcome: Outcome, since: &str) -> Self {
        let mut scene = self.row(api::AWS_LIST_ACCOUNTS, None, None, outcome, since);
        if let Some(span) = scene.evidence.coverage.last_mut() {
            span.coverage.key.account = None;
        }
        scene
    }

    /// Trail objects or events of another kind of source.
    pub(in crate::rules) fn trail_of(self, api: &str) -> Self {
        self.row(api, None, None, Outcome::Complete, NOW)
    }

    /// A place that was read completely and not tried again since.
    pub(in crate::rules) fn untried(self, api: &str, region: &str, since: &str) -> Self {
        self.row(api, Some(region), None, Outcome::Complete, since).checked_last(since)
    }

    /// An instance that could not be read, and was not asked about again since.
    pub(in crate::rules) fn untried_instance(self, id: &str, since: &str) -> Self {
        let region = self.first_region();
        self.row(api::ALIBABA_INSTANCE, Some(region), Some(id), Outcome::Denied, since).checked_last(since)
    }

    /// An instance that could not be read in the newest run.
    pub(in crate::rules) fn unread_instance(self, id: &str) -> Self {
        let region = self.first_region();
        self.row(api::ALIBABA_INSTANCE, Some(region), Some(id), Outcome::Denied, NOW)
    }

    fn checked_last(mut self, at: &str) -> Self {
        if let Some(span) = self.evidence.coverage.last_mut() {
            span.checked_at = time(at);
        }
        self
    }

    pub(in crate::rules) fn trail(self, from: &str, to: &str) -> Self {
        let mut scene = self.row(api::TRAIL_FILES, None, None, Outcome::Complete, NOW);
        if let Some(span) = scene.evidence.coverage.last_mut() {
            (span.coverage.from, span.coverage.to) = (time(from), time(to));
        }
        scene
    }

    /// How listing the account's trails ended, and the trails.
    pub(in crate::rules) fn trails(self, outcome: Outcome, trails: &[TrailSettings]) -> Self {
        let api = match self.evidence.account.provider {
            Provider::Aws => api::AWS_DESCRIBE_TRAILS,
            Provider::Alibaba => api::ALIBABA_DESCRIBE_TRAILS,
        };
        let mut scene = self.row(api, None, None, outcome, NOW);
        let last_seen = scene.evidence.as_of;
        let span = |trail: &TrailSettings| TrailSpan {
            trail: trail.clone(),
            valid_from: time(ROLE_CREATED),
            valid_to: None,
            last_seen,
        };
        scene.evidence.trails.extend(trails.iter().map(span));
        scene
    }

    pub(in crate::rules) fn trail_gap(self) -> Self {
        self.row("trail:s3", None, None, Outcome::Partial, NOW)
    }

    // What happened.

    pub(in crate::rules) fn event(mut self, at: &str, build: impl Fn(EventBuilder) -> EventBuilder) -> Self {
        let profile = self.profile();
        let id = format!("event-{:03}", self.evidence.events.len());
        let mut blank = EventBuilder::new(self.evidence.account.provider, ACCOUNT, self.first_region(), id, at);
        blank.event.role = Some(self.arn_of(&profile));
        let builder = build(blank);
        let is_store = builder.event.store.is_some();
        let twin = profile.twin.clone().filter(|_| is_store);
        let concerned = [Some(profile.id), twin].into_iter().flatten().collect::<Vec<_>>();
        self.evidence.events.push(builder.finish(concerned.iter().map(String::as_str)));
        self
    }

    pub(in crate::rules) fn used(mut self, first: &str, last: &str) -> Self {
        self.evidence.uses.push(RoleUse {
            profile: self.profile().id,
            role: Some(self.arn_of(&self.profile())),
            role_id: None,
            count: 2,
            first: time(first),
            last: time(last),
            recent: vec![(time(last), "use-2".to_owned()), (time(first), "use-1".to_owned())],
        });
        self
    }

    pub(in crate::rules) fn task(mut self, at: &str, status: TaskStatus, resources: &[&str]) -> Self {
        let resources: Vec<_> = resources.iter().map(|&resource| resource.to_owned()).collect();
        let usage = (!resources.is_empty())
            .then(|| TaskUsage { region: Some(self.first_region().to_owned()), resources })
            .into_iter()
            .collect();
        self.evidence.tasks.push(DeletionTask {
            account: ACCOUNT.to_owned(),
            profile: self.profile().id,
            id: format!("task-{}", self.evidence.tasks.len()),
            submitted_at: time(at),
            submitted_by: None,
            event_id: None,
            status,
            checked_at: None,
            reason: None,
            usage,
        });
        self
    }

    // What comes of it.

    pub(in crate::rules) fn judgement(&self) -> Judgement {
        rules::judge_account(&self.evidence, &self.profiles)
    }

    pub(in crate::rules) fn standing(&self) -> Standing {
        let events = rules::case::counted_events(&self.evidence);
        Standing::of(&self.evidence, &events, &self.profile(), &self.profiles)
    }

    /// Why the rule cleared its findings.
    pub(in crate::rules) fn cleared(&self, rule: &str) -> Vec<String> {
        let cleared = self.judgement().cleared.into_iter().filter(|cleared| cleared.rule == rule);
        cleared.map(|cleared| cleared.because).collect()
    }

    /// When the rule wants the first profile judged again.
    pub(in crate::rules) fn recheck(&self, rule: &str) -> Option<Timestamp> {
        let rule = rules::all().iter().find(|known| known.doc().id == rule).expect("the rule exists");
        let events = rules::case::counted_events(&self.evidence);
        let (profile, standing) = (self.profile(), self.standing());
        let twin = profile.twin.as_ref().map(|_| self.twin());
        let twin = twin.as_ref().map(|twin| (twin, Standing::of(&self.evidence, &events, twin, &self.profiles)));
        let twin = twin.as_ref().map(|(profile, standing)| Twin { profile, standing });
        let evidence = &self.evidence;
        let case = Case { evidence, events: &events, profile: &profile, standing: &standing, twin };
        let rulings = [rule.judge(&case), rule.judge_account(evidence)];
        rulings.into_iter().filter_map(|ruling| ruling.recheck_at).min()
    }
}
