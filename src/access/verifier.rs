//! A host's own way to verify tokens: opaque ones, another algorithm, or a service to ask.

use std::error::Error;
use std::future::Future;
use std::pin::Pin;

use serde_json::{Map, Value};

/// The answer of a [`TokenVerifier`], in the future.
pub type Verification<'a> =
    Pin<Box<dyn Future<Output = Result<Option<Map<String, Value>>, Box<dyn Error + Send + Sync>>> + Send + 'a>>;

/// Verifies bearer tokens in a way of the host's own.
///
/// It is asked at each request, so it remembers by itself what took long to find out. Whatever it answers, the service
/// still looks whether user, membership and tenant of the claims are active.
///
/// ```
/// use std::collections::HashMap;
/// use std::sync::Arc;
///
/// use serde_json::{Map, Value};
/// use user_tenant_service::{TokenVerifier, Verification, Verifier};
///
/// /// Opaque tokens, with the claims that each stands for.
/// struct Sessions(HashMap<String, Map<String, Value>>);
///
/// impl TokenVerifier for Sessions {
///     fn verify<'a>(&'a self, token: &'a str) -> Verification<'a> {
///         Box::pin(async move { Ok(self.0.get(token).cloned()) })
///     }
/// }
///
/// let verifier = Verifier::Host(Arc::new(Sessions(HashMap::new())));
/// ```
pub trait TokenVerifier: Send + Sync + 'static {
    /// The claims of a token that is good: `id`, `userTenantId`, `tenantId` and `permissions` at least, and
    /// `tenantType` and `passwordExpiryTime` where they say something. `None` refuses the token with 401; an error
    /// means that nobody can tell now, and is a 503.
    fn verify<'a>(&'a self, token: &'a str) -> Verification<'a>;
}
