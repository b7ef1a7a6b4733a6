//! The description of the API: `OpenAPI` 3.1, made of the declarations that requests are read by and of the types that
//! answers are made of.

use schemars::generate::{Contract, SchemaSettings};
use schemars::{JsonSchema, SchemaGenerator};
use serde_json::{Map, Value, json};

use super::parameters::{self, Kind, LARGEST_LIMIT, Parameter};
use super::problem::{PROBLEM_TYPE, Problem};
use super::{DESCRIPTION, JSON_TYPE, List};
use crate::exports::json::{
    CoverageJson, EventJson, FindingDetailJson, FindingJson, RoleJson, StoreJson, TaskJson, VerdictJson,
};

const ABOUT: &str = "The history of watched service-linked roles, read only: findings, verdicts, coverage, role and store \
    states, trail events and deletion tasks, as the commands of roletrail print them with `--format json`.

Lists come in pages: `items`, and `next`, the cursor of the next page or null. Send it as `cursor` with the same \
    parameters until `next` is null; a page may have fewer items than `limit`, even none. While nothing changes, every row \
    comes exactly once. What changes its place while you page (a finding that becomes worse, a new state) may come twice or \
    not at all; new events are newer than the first page and do not move the others. Relative times count from the first \
    page.

Nothing that could not be read is ever an empty list: look at `coverage` first. When the history itself cannot be read the \
    answer is 503. Members may be added to any object; none is changed or taken away.";

/// The whole document.
pub(super) fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| {
        settings.definitions_path = "/components/schemas".into();
        settings.contract = Contract::Serialize;
        settings.meta_schema = None;
    });
    let mut generator = settings.into_generator();
    let (mut paths, mut pages) = (Map::new(), Map::new());
    for list in List::ALL {
        paths.insert(list.path(), list_path(list));
        pages.insert(page_name(list), page_schema(list, &item(list, &mut generator)));
    }
    paths.insert("/api/v1/findings/{id}".to_owned(), finding_path(&mut generator));
    paths.insert(DESCRIPTION.to_owned(), description_path());
    let problem = reference::<Problem>(&mut generator);
    let mut schemas = generator.take_definitions(true);
    schemas.append(&mut pages);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "roletrail",
            "version": env!("CARGO_PKG_VERSION"),
            "summary": "Read-only audit of the service-linked roles behind cloud key stores",
            "description": ABOUT,
            "license": { "name": "Apache License 2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        // Whether a password is asked for is up to the web configuration of each server.
        "security": [{}, { "basic": [] }],
        "tags": [{ "name": "history", "description": "What was found and collected." }, { "name": "description", "description": "The API itself." }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": problems(&problem),
            "securitySchemes": { "basic": {
                "type": "http",
                "scheme": "basic",
                "description": "Where [web] config_file names basic_auth_users.",
            } },
        },
    })
}

fn reference<T: JsonSchema>(generator: &mut SchemaGenerator) -> Value {
    generator.subschema_for::<T>().to_value()
}

/// The name of an item's schema; it is among the definitions from then on.
fn item(list: List, generator: &mut SchemaGenerator) -> Value {
    match list {
        List::Findings => reference::<FindingJson>(generator),
        List::Verdicts => reference::<VerdictJson>(generator),
        List::Coverage => reference::<CoverageJson>(generator),
        List::Roles => reference::<RoleJson>(generator),
        List::Stores => reference::<StoreJson>(generator),
        List::Events => reference::<EventJson>(generator),
        List::Tasks => reference::<TaskJson>(generator),
    }
}

fn summary(list: List) -> (&'static str, &'static str) {
    match list {
        List::Findings => ("Findings, worst first, then oldest first", "listFindings"),
        List::Verdicts => ("One row per provider, account and profile", "listVerdicts"),
        List::Coverage => ("What could be read and what could not, by place", "listCoverage"),
        List::Roles => ("The states of roles, by account and profile, oldest first", "listRoles"),
        List::Stores => ("The states of key stores, by account, kind, Region and id, oldest first", "listStores"),
        List::Events => ("The trail events that concern a role or store, newest first", "listEvents"),
        List::Tasks => ("Deletion tasks of service-linked roles, oldest first", "listTasks"),
    }
}

fn page_name(list: List) -> String {
    let name = list.name();
    format!("{}{}Page", name[..1].to_uppercase(), &name[1..])
}

fn page_schema(list: List, item: &Value) -> Value {
    json!({
        "type": "object",
        "description": "A page of a list.",
        "required": ["items", "next"],
        "properties": {
            "items": { "type": "array", "items": item, "maxItems": LARGEST_LIMIT },
            "next": {
                "type": ["string", "null"],
                "description": "The cursor of the next page; null at the end of the list.",
                "pattern": Kind::Cursor(list).schema()["pattern"],
            },
        },
    })
}

fn list_path(list: List) -> Value {
    let (summary, operation) = summary(list);
    let page = format!("#/components/schemas/{}", page_name(list));
    let mut responses = responses(&["400", "401", "404", "414", "431", "500", "503"]);
    let more = json!({ "more": {
        "operationId": operation,
        "parameters": { "cursor": "$response.body#/next" },
        "description": "The next page, where `next` is not null; with the same parameters.",
    } });
    let answer = json!({
        "description": "A page.",
        "content": { JSON_TYPE: { "schema": { "$ref": page } } },
        "links": more,
    });
    responses.insert("200".to_owned(), answer);
    json!({ "get": {
        "operationId": operation,
        "summary": summary,
        "tags": ["history"],
        "parameters": parameters::of(list).iter().map(parameter).collect::<Vec<_>>(),
        "responses": responses,
    } })
}

fn finding_path(generator: &mut SchemaGenerator) -> Value {
    let mut parameters = vec![json!({
        "name": "id",
        "in": "path",
        "required": true,
        "description": "The id of a finding, or a beginning of it that no other has.",
        "schema": { "type": "string", "pattern": "^[0-9A-Fa-f]{1,16}$" },
        "examples": { "example": { "value": "5e685f77" } },
    })];
    parameters.extend(parameters::OF_ONE_FINDING.iter().map(parameter));
    let mut responses = responses(&["400", "401", "404", "414", "431", "500", "503"]);
    let answer = json!({
        "description": "The finding.",
        "content": { JSON_TYPE: { "schema": reference::<FindingDetailJson>(generator) } },
    });
    responses.insert("200".to_owned(), answer);
    json!({ "get": {
        "operationId": "showFinding",
        "summary": "One finding with its life",
        "tags": ["history"],
        "parameters": parameters,
        "responses": responses,
    } })
}

fn description_path() -> Value {
    let mut responses = responses(&["401", "431"]);
    let answer = json!({
        "description": "This document.",
        "content": { JSON_TYPE: { "schema": { "type": "object", "required": ["openapi", "info", "paths"] } } },
    });
    responses.insert("200".to_owned(), answer);
    json!({ "get": {
        "operationId": "describe",
        "summary": "This description",
        "tags": ["description"],
        "responses": responses,
    } })
}

fn parameter(parameter: &Parameter) -> Value {
    let mut schema = parameter.kind.schema();
    if let (Some(object), Some(default)) = (schema.as_object_mut(), parameter.default) {
        let default = match parameter.kind {
            Kind::Limit | Kind::Flag => serde_json::from_str(default).unwrap_or_default(),
            _ => Value::from(default),
        };
        object.insert("default".to_owned(), default);
    }
    let mut described = json!({
        "name": parameter.name,
        "in": "query",
        "description": parameter.about,
        "schema": schema,
    });
    if let (Some(object), Some(example)) = (described.as_object_mut(), parameter.example) {
        let example = match parameter.kind {
            Kind::Limit | Kind::Flag => serde_json::from_str(example).unwrap_or_default(),
            _ => Value::from(example),
        };
        object.insert("examples".to_owned(), json!({ "example": { "value": example } }));
    }
    described
}

/// What answers that are none mean, by status.
const PROBLEMS: [(&str, &str, &str); 7] = [
    ("400", "BadRequest", "A parameter is unknown, repeated or wrong; `parameter` names it."),
    ("401", "Unauthorized", "A name and a password are asked for, and these were none of them."),
    (
        "404",
        "NotFound",
        "There is nothing here: no such path, no single finding with that id, no page of this query at that cursor.",
    ),
    ("414", "UriTooLong", "The query is too long."),
    (
        "431",
        "HeadersTooLarge",
        "The headers are too large. Where they are larger than the server reads, without a body.",
    ),
    ("500", "Broken", "A defect of roletrail."),
    (
        "503",
        "Unavailable",
        "The history cannot be read now: missing, damaged, or too many readers; `detail` says which.",
    ),
];

fn responses(statuses: &[&str]) -> Map<String, Value> {
    let known = PROBLEMS.iter().filter(|(status, ..)| statuses.contains(status));
    known
        .map(|(status, name, _)| ((*status).to_owned(), json!({ "$ref": format!("#/components/responses/{name}") })))
        .collect()
}

fn problems(schema: &Value) -> Map<String, Value> {
    PROBLEMS.iter().map(|(status, name, about)| ((*name).to_owned(), problem(status, about, schema))).collect()
}

fn problem(status: &str, about: &str, schema: &Value) -> Value {
    let mut described = json!({ "description": about, "content": { PROBLEM_TYPE: { "schema": schema } } });
    let again = json!({ "Retry-After": { "description": "Seconds to wait.", "schema": { "type": "integer", "minimum": 1 } } });
    if let (Some(object), "503") = (described.as_object_mut(), status) {
        object.insert("headers".to_owned(), again);
    }
    described
}
