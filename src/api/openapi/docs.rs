//! `/openapi.json`, and Swagger UI at `/docs`, from files in the binary.

use std::{
    borrow::Cow,
    collections::HashMap,
    sync::{Arc, LazyLock},
};

use actix_web::{
    HttpResponse, Resource,
    http::{Method, header},
    middleware::DefaultHeaders,
    web::{self, Bytes},
};
use utoipa_swagger_ui::Config;

use crate::{
    api::{
        http::{endpoint::resource, paced_body::SharedBody},
        openapi,
    },
    error::{Error, Result},
};

/// What a page may load: files of this service alone, and no script or style inside the page.
/// Swagger UI has its icons as `data:`.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// The page, as Swagger UI names it.
const INDEX: &str = "index.html";

/// The files that the page loads. Swagger UI has more, which nothing needs here: a page that takes
/// tokens from an authorization server, and other forms of the same script.
const LOADED: [&str; 7] = [
    "favicon-16x16.png",
    "favicon-32x32.png",
    "index.css",
    "swagger-initializer.js",
    "swagger-ui-bundle.js",
    "swagger-ui-standalone-preset.js",
    "swagger-ui.css",
];

/// A file, as it is sent. Clones share the bytes.
#[derive(Clone)]
struct File {
    media_type: String,
    bytes: Bytes,
}

/// The page and the files that it loads, by their names; made once.
static FILES: LazyLock<HashMap<&str, File>> = LazyLock::new(|| {
    let config = Arc::new(
        Config::from("/openapi.json")
            .deep_linking(true)
            .display_operation_id(true)
            .display_request_duration(true)
            // Tokens end with the page, and do not stay in the browser.
            .persist_authorization(false)
            .try_it_out_enabled(true)
            .default_models_expand_depth(0)
            .use_base_layout(),
    );
    let files = LOADED.into_iter().chain([INDEX]);
    files.filter_map(|name| Some((name, made(name, &config)?))).collect()
});

fn made(name: &str, config: &Arc<Config<'static>>) -> Option<File> {
    let file = utoipa_swagger_ui::serve(name, Arc::clone(config)).ok().flatten()?;
    if name == INDEX {
        // The address of the page has no slash at its end, so relative links need the whole path.
        let html = String::from_utf8_lossy(&file.bytes)
            .replace("=\"./", "=\"/docs/")
            .replace("=\"index.css", "=\"/docs/index.css")
            .replace("<title>Swagger UI</title>", "<title>Daybook API</title>");
        let media_type = "text/html; charset=utf-8".to_owned();
        return Some(File { media_type, bytes: html.into() });
    }
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Some(File { media_type: file.content_type, bytes })
}

/// Adds the resources.
pub fn register(config: &mut web::ServiceConfig) {
    let get = |path: &str| -> Resource { resource(path, vec![Method::GET]) };
    // For all of `/docs`, whatever the response is.
    let headers = || {
        DefaultHeaders::new()
            .add((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
            .add((header::REFERRER_POLICY, "no-referrer"))
    };
    config.service(
        get("/openapi.json").route(web::get().to(document)).route(web::head().to(document)),
    );
    for path in ["/docs/", "/docs/index.html"] {
        let to_page = get(path).route(web::get().to(redirect)).route(web::head().to(redirect));
        config.service(to_page.wrap(headers()));
    }
    let page = get("/docs").route(web::get().to(index)).route(web::head().to(index));
    let files = get("/docs/{file}").route(web::get().to(file)).route(web::head().to(file));
    config.service(page.wrap(headers())).service(files.wrap(headers()));
}

async fn document() -> HttpResponse {
    // The text is static, so the response borrows it.
    shared(HttpResponse::Ok().content_type("application/json").body(openapi::document()))
}

/// Says that the body takes no memory of its own.
fn shared(mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(SharedBody);
    response
}

async fn index() -> Result<HttpResponse> {
    let page = FILES.get(INDEX).ok_or_else(|| Error::internal("there is no page of the docs"))?;
    Ok(response(page))
}

async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs")).finish()
}

async fn file(name: web::Path<String>) -> Result<HttpResponse> {
    let file = FILES.get(name.as_str()).ok_or_else(Error::not_found)?;
    Ok(response(file))
}

fn response(file: &File) -> HttpResponse {
    shared(HttpResponse::Ok().content_type(file.media_type.as_str()).body(file.bytes.clone()))
}
