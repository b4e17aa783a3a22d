//! `/openapi.json`, and Swagger UI at `/docs`, from files in the binary.

use std::sync::Arc;

use actix_web::{
    HttpResponse, Resource,
    http::{Method, header},
    web,
};
use utoipa_swagger_ui::Config;

use crate::{
    api::{
        http::{endpoint::resource, paced_body::SharedBody},
        openapi,
    },
    error::{Error, Result},
};

/// What the page may load: files of this service alone, and no script or style inside the page.
/// Swagger UI has its icons as `data:`.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; \
     img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// Adds the resources.
pub fn register(config: &mut web::ServiceConfig) {
    let get = |path: &str| -> Resource { resource(path, vec![Method::GET]) };
    let swagger = web::Data::from(Arc::new(
        Config::from("/openapi.json")
            .deep_linking(true)
            .display_operation_id(true)
            .display_request_duration(true)
            // Tokens end with the page, and do not stay in the browser.
            .persist_authorization(false)
            .try_it_out_enabled(true)
            .default_models_expand_depth(0)
            .use_base_layout(),
    ));
    config
        .app_data(swagger)
        .service(
            get("/openapi.json").route(web::get().to(document)).route(web::head().to(document)),
        )
        .service(get("/docs/").route(web::get().to(redirect)).route(web::head().to(redirect)))
        .service(get("/docs").route(web::get().to(index)).route(web::head().to(index)))
        .service(get("/docs/{file}").route(web::get().to(file)).route(web::head().to(file)));
}

async fn document() -> HttpResponse {
    shared(HttpResponse::Ok().content_type("application/json").body(openapi::document()))
}

/// Says that the body takes no memory of its own.
fn shared(mut response: HttpResponse) -> HttpResponse {
    response.extensions_mut().insert(SharedBody);
    response
}

async fn index(config: web::Data<Config<'static>>) -> Result<HttpResponse> {
    let page = utoipa_swagger_ui::serve("index.html", config.into_inner());
    let page = page.map_err(Error::internal)?.ok_or_else(Error::not_found)?;
    // The address of the page has no slash at its end, so relative links need the whole path.
    let html = String::from_utf8_lossy(&page.bytes)
        .replace("=\"./", "=\"/docs/")
        .replace("=\"index.css", "=\"/docs/index.css")
        .replace("<title>Swagger UI</title>", "<title>Daybook API</title>");
    Ok(HttpResponse::Ok()
        .content_type("text/html; charset=utf-8")
        .insert_header((header::CONTENT_SECURITY_POLICY, CONTENT_SECURITY_POLICY))
        .insert_header((header::REFERRER_POLICY, "no-referrer"))
        .body(html))
}

async fn redirect() -> HttpResponse {
    HttpResponse::PermanentRedirect().insert_header((header::LOCATION, "/docs")).finish()
}

async fn file(name: web::Path<String>, config: web::Data<Config<'static>>) -> Result<HttpResponse> {
    // The crate calls an unknown name an internal error.
    let file = utoipa_swagger_ui::serve(&name, config.into_inner());
    let file = file.ok().flatten().ok_or_else(Error::not_found)?;
    let body = HttpResponse::Ok().content_type(file.content_type).body(file.bytes.into_owned());
    Ok(shared(body))
}
