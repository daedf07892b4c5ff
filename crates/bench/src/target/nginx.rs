//! nginx, in three ways.

use std::path::{Path, PathBuf};
use std::process::Command;

use super::Site;

/// Layer 4.
pub(super) fn stream(program: &Path, site: &Site) -> anyhow::Result<Command> {
    run(program, site, &stream_block(site, "", ""))
}

/// Layer 7, with connections to the upstream that are kept, and upgrades handed on.
pub(super) fn http(program: &Path, site: &Site) -> anyhow::Result<Command> {
    let folder = site.folder.display();
    run(
        program,
        site,
        &format!(
            "http {{\n  access_log off;\n  client_body_temp_path {folder}/body;\n  \
             proxy_temp_path {folder}/proxy;\n  fastcgi_temp_path {folder}/fastcgi;\n  \
             uwsgi_temp_path {folder}/uwsgi;\n  scgi_temp_path {folder}/scgi;\n  \
             map $http_upgrade $connection_upgrade {{ default upgrade; '' ''; }}\n  \
             upstream engine {{ server unix:{}; keepalive 64; keepalive_requests 1000000000; }}\n  \
             server {{\n    listen {} backlog=4096;\n    keepalive_requests 1000000000;\n    \
             keepalive_timeout 1h;\n    client_max_body_size 0;\n    \
             location / {{\n      proxy_pass http://engine;\n      proxy_http_version 1.1;\n      \
             proxy_set_header Upgrade $http_upgrade;\n      \
             proxy_set_header Connection $connection_upgrade;\n      proxy_buffering off;\n      \
             proxy_request_buffering off;\n      proxy_read_timeout 1h;\n    }}\n  }}\n}}\n",
            site.upstream.display(),
            site.address(),
        ),
    )
}

/// Layer 4 behind mutual TLS.
pub(super) fn tls(program: &Path, site: &Site) -> anyhow::Result<Command> {
    let certificates = site.certificates()?;
    let settings = format!(
        "    ssl_certificate {};\n    ssl_certificate_key {};\n    ssl_client_certificate {};\n    \
         ssl_verify_client on;\n    ssl_protocols TLSv1.2 TLSv1.3;\n",
        certificates.certificate().display(),
        certificates.key().display(),
        certificates.authority().display(),
    );
    run(program, site, &stream_block(site, " ssl", &settings))
}

fn stream_block(site: &Site, ssl: &str, settings: &str) -> String {
    format!(
        "stream {{\n  server {{\n    listen {}{ssl} backlog=4096;\n{settings}    \
         proxy_pass unix:{};\n    proxy_timeout 1h;\n  }}\n}}\n",
        site.address(),
        site.upstream.display(),
    )
}

fn run(program: &Path, site: &Site, block: &str) -> anyhow::Result<Command> {
    let module = STREAM_MODULES.into_iter().map(PathBuf::from).find(|path| path.is_file());
    let load = module.map_or_else(String::new, |path| format!("load_module {};\n", path.display()));
    // Its workers must be able to reach the upstream, whose folder is this user's own.
    let user = if site.is_root { "user root;\n" } else { "" };
    let config = format!(
        "{load}{user}daemon off;\npid {}/pid;\nerror_log stderr warn;\nworker_processes auto;\n\
         events {{ worker_connections 16384; }}\n{block}",
        site.folder.display()
    );
    let config = site.write("nginx.conf", &config)?;
    let mut command = site.command(program);
    command.args(["-e", "stderr", "-p"]).arg(&site.folder).arg("-c").arg(config);
    Ok(command)
}

/// Where distributions put it, if it isn't built in.
const STREAM_MODULES: [&str; 3] = [
    "/usr/lib/nginx/modules/ngx_stream_module.so",
    "/usr/lib64/nginx/modules/ngx_stream_module.so",
    "/etc/nginx/modules/ngx_stream_module.so",
];
