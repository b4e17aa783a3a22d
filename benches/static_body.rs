//! The limit of the reads that is no database: a body from memory.

use std::net::TcpListener;

use actix_web::{App, HttpResponse, HttpServer, web};

use crate::Result;

/// What actix, the loopback and the load generator leave to be had.
pub fn serve(body: Vec<u8>, address: &str) -> Result<()> {
    let body = web::Bytes::from(body);
    let listener = TcpListener::bind(address)?;
    // As many threads as the service takes by default.
    let workers = std::thread::available_parallelism()?;
    let answer = move || {
        let body = body.clone();
        async move { HttpResponse::Ok().content_type("application/json").body(body) }
    };
    let app = move || App::new().default_service(web::to(answer.clone()));
    let server = HttpServer::new(app).workers(workers.get()).listen(listener)?;
    Ok(actix_web::rt::System::new().block_on(server.run())?)
}
