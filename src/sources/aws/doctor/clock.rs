//! The provider's clock, as the SDK's answers tell it.

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::BeforeDeserializationInterceptorContextRef;
use aws_smithy_runtime_api::client::interceptors::{Intercept, SharedInterceptor};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;

use crate::sources::live::doctor::Watch;

/// The difference from which on signatures are refused, in seconds (AWS Signature Version 4, "Troubleshooting").
pub(super) const REFUSED: u64 = 300;

/// Lets a watch see every answer.
pub(in crate::sources::aws) fn interceptor(watch: &Watch) -> SharedInterceptor {
    SharedInterceptor::new(Watching(watch.clone()))
}

#[derive(Debug)]
struct Watching(Watch);

impl Intercept for Watching {
    fn name(&self) -> &'static str {
        "Watching"
    }

    fn read_before_deserialization(
        &self,
        context: &BeforeDeserializationInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _bag: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        if let Some(date) = context.response().headers().get("date") {
            self.0.note(date);
        }
        Ok(())
    }
}
