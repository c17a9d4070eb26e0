//! Errors are answered in the form of their path, wherever they come from, and no table names what is not there.

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, Response, StatusCode, header};
use axum::response::IntoResponse;
use axum::routing::get;
use http_body_util::BodyExt as _;
use serde_json::{Value as Json, json};
use tower::ServiceExt as _;
use tower_http::catch_panic::CatchPanicLayer;

use super::{Paths, Surface, place_among};
use crate::access::sessions::CallerSessions;
use crate::error::{Error, ErrorCode, Rule, Sought};
use crate::http::route::{Empty, Route};
use crate::model::Tenant;

/// A route of ours beside those of the original.
fn table() -> Vec<Route> {
    let route = |path, surface| {
        Route::new(Method::GET, path, "Some.thing", "Does it.", async |_: CallerSessions| Ok(Empty)).surface(surface)
    };
    vec![
        route("/tenants", Surface::LoopBack),
        route("/tenants/{id}/roles", Surface::LoopBack),
        route("/tenants/{id}/invitations", Surface::Problem),
        route("/access/v1/evaluation", Surface::Problem),
    ]
}

async fn json_of(response: Response<Body>) -> Json {
    serde_json::from_slice(&response.into_body().collect().await.unwrap().to_bytes()).unwrap()
}

#[test]
fn a_path_has_the_surface_of_the_route_that_it_follows_furthest() {
    let paths = Paths::of(&table());
    for (path, surface) in [
        ("/", Surface::LoopBack),
        ("/nothing/here", Surface::LoopBack),
        ("/tenants/1", Surface::LoopBack),
        ("/tenants/1/roles", Surface::LoopBack),
        ("/tenants/1/nothing", Surface::LoopBack),
        ("/tenants/1/invitations", Surface::Problem),
        ("/tenants/1/invitations/2", Surface::Problem),
        ("/access", Surface::Problem),
        ("/access/v1/nothing", Surface::Problem),
    ] {
        assert_eq!(paths.surface(path), surface, "{path}");
    }
    let ours = Paths::of(&crate::http::routes());
    assert_eq!(ours.surface("/tenants/1/user-roles"), Surface::LoopBack);
}

#[test]
fn a_path_has_one_surface_whatever_the_method() {
    let routes = crate::http::routes();
    for route in &routes {
        let others = routes.iter().filter(|other| other.path == route.path);
        assert!(others.into_iter().all(|other| other.surface == route.surface), "{}", route.path);
    }
}

/// No route, no time and a panic, each below a path of either surface.
#[tokio::test]
async fn what_comes_from_outside_of_operations_has_the_form_of_its_path() {
    let panic = async || -> StatusCode { panic!("a handler") };
    let router = Router::new()
        .route("/tenants", get(panic))
        .route("/access/v1/evaluation", get(panic))
        .route("/tenants/{id}/roles", get(async || Error::Unavailable(None)))
        .route("/access/v1/late", get(async || Error::Unavailable(None)))
        .fallback(async || Error::UnknownRoute)
        .layer(CatchPanicLayer::custom(|_| Error::Internal("a handler panicked".into()).into_response()));
    for (path, status, code, is_problem) in [
        ("/tenants", 500, ErrorCode::Internal, false),
        ("/access/v1/evaluation", 500, ErrorCode::Internal, true),
        ("/tenants/1/roles", 503, ErrorCode::Unavailable, false),
        ("/access/v1/late", 503, ErrorCode::Unavailable, true),
        ("/tenants/1/nothing", 404, ErrorCode::UnknownRoute, false),
        ("/access/v1/nothing", 404, ErrorCode::UnknownRoute, true),
    ] {
        let request = Request::get(path).body(Body::empty()).unwrap();
        let mut response = router.clone().oneshot(request).await.unwrap();
        response.headers_mut().insert(header::VARY, "origin".parse().unwrap());
        place_among(&Paths::of(&table()), &mut response, path);
        assert_eq!(response.status(), status, "{path}");
        assert_eq!(response.extensions().get::<ErrorCode>(), Some(&code), "{path}");
        assert_eq!(response.headers()[header::VARY], "origin", "{path}");
        assert_eq!(response.headers().contains_key(header::RETRY_AFTER), status == 503, "{path}");
        let media_type = if is_problem { "application/problem+json" } else { "application/json; charset=utf-8" };
        assert_eq!(response.headers()[header::CONTENT_TYPE], media_type, "{path}");
        let body = json_of(response).await;
        if is_problem {
            assert_eq!((&body["status"], &body["code"]), (&json!(status), &json!(code.as_str())), "{path}: {body}");
        } else {
            assert_eq!(body["error"]["statusCode"], status, "{path}: {body}");
        }
    }
}

#[tokio::test]
async fn one_cause_is_told_on_each_surface_in_its_words() {
    let error = Error::OutOfReach(Sought::of::<Tenant>("7"));
    let theirs = Surface::LoopBack.answer(&error, "TenantRoleController.find");
    assert_eq!(theirs.status(), 403);
    let message = json!({ "message": "Access to different Tenant Not Allowed" });
    let envelope = json!({ "error": { "statusCode": 403, "name": "ForbiddenError", "message": message } });
    assert_eq!(json_of(theirs).await, envelope);
    let ours = Surface::Problem.answer(&error, "TenantRoleController.find");
    assert_eq!(
        (ours.status(), &ours.headers()[header::CONTENT_TYPE]),
        (StatusCode::NOT_FOUND, &"application/problem+json".parse().unwrap())
    );
    let problem = json!({
        "type": "urn:problem-type:user-tenant-service:out-of-reach",
        "title": "Not Found",
        "status": 404,
        "detail": "There is no Tenant with the id \"7\".",
        "code": "OUT_OF_REACH",
        "entity": "Tenant",
        "id": "7",
    });
    assert_eq!(json_of(ours).await, problem);
}

#[tokio::test]
async fn a_problem_points_to_each_violation() {
    let missing = Error::InvalidProperty { property: "authClient/clientSecret".to_owned(), rule: Rule::Required };
    let listed = json!([
        { "path": "/name", "code": "maxLength", "message": "must NOT have more than 3 characters", "info": { "limit": 3 } },
        { "path": "", "code": "required", "message": "must have required property 'key'", "info": { "missingProperty": "key" } },
    ]);
    for (error, pointers) in [
        (missing, json!(["/authClient/clientSecret"])),
        (Error::InvalidBody(Box::new(listed)), json!(["/name", "/key"])),
    ] {
        let response = Surface::Problem.answer(&error, "");
        assert_eq!(response.status(), 422);
        let body = json_of(response).await;
        let found: Json = body["errors"].as_array().unwrap().iter().map(|one| one["pointer"].clone()).collect();
        assert_eq!(found, pointers, "{body}");
        assert!(body.get("error").is_none() && body["code"] == "VALIDATION_FAILED", "{body}");
    }
}
