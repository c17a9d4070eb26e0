//! The explorer works under any prefix and asks nothing of another host.

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::http::{Request, StatusCode, header};
use tower::ServiceExt;

fn explorer() -> Router {
    super::router()
}

async fn get(app: Router, path: &str) -> (StatusCode, header::HeaderMap, String) {
    let response = app.oneshot(Request::get(path).body(Body::empty()).unwrap()).await.unwrap();
    let (parts, body) = response.into_parts();
    let bytes = to_bytes(body, usize::MAX).await.unwrap();
    (parts.status, parts.headers, String::from_utf8_lossy(&bytes).into_owned())
}

#[tokio::test]
async fn the_page_and_its_files_come_from_here_with_relative_addresses() {
    for (app, prefix) in [(explorer(), ""), (Router::new().nest("/users", explorer()), "/users")] {
        let (status, headers, _) = get(app.clone(), &format!("{prefix}/explorer")).await;
        assert_eq!(
            (status, &headers[header::LOCATION]),
            (StatusCode::MOVED_PERMANENTLY, &"./explorer/".parse().unwrap())
        );
        let (status, headers, page) = get(app.clone(), &format!("{prefix}/explorer/")).await;
        assert_eq!((status, &headers[header::CONTENT_TYPE]), (StatusCode::OK, &"text/html".parse().unwrap()));
        let addresses = page.split(['"']).filter(|part| part.contains(".js") || part.contains(".css"));
        let mut files = 0;
        for address in addresses {
            assert!(!address.contains("//"), "{address}");
            let path = format!("{prefix}/explorer/{}", address.trim_start_matches("./"));
            assert_eq!(get(app.clone(), &path).await.0, StatusCode::OK, "{path}");
            files += 1;
        }
        assert!(files >= 4, "{page}");
        let (_, _, script) = get(app, &format!("{prefix}/explorer/swagger-initializer.js")).await;
        assert!(script.contains("\"url\": \"../openapi.json\""), "{script}");
        assert!(script.contains("\"validatorUrl\": \"none\""), "{script}");
    }
}

#[tokio::test]
async fn the_document_is_also_here_with_servers_right_for_its_place() {
    let (status, headers, body) = get(explorer(), "/explorer/openapi.json").await;
    let json = "application/json".parse().unwrap();
    assert_eq!((status, &headers[header::CONTENT_TYPE]), (StatusCode::OK, &json));
    let document: serde_json::Value = serde_json::from_str(&body).unwrap();
    assert_eq!(document["servers"], serde_json::json!([{"url": ".."}]));
}

#[tokio::test]
async fn only_files_of_the_explorer_are_served() {
    for path in ["/explorer/nothing.js", "/explorer/../Cargo.toml", "/explorer/%2e%2e/Cargo.toml"] {
        assert_eq!(get(explorer(), path).await.0, StatusCode::NOT_FOUND, "{path}");
    }
}
