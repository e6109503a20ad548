"""Configuration of the backend and of the proxies that Lateen is compared with: one thread each, keep-alive on both sides."""
import os

KILOBYTE = "x" * 1024


def backend(folder, port, http2_port):
    """nginx that answers 1 KB at / and 1 MB at /bulk, HTTP/1.1 on one port and HTTP/2 in cleartext on the other."""
    with open(os.path.join(folder, "bulk"), "wb") as f:
        f.write(b"x" * (1024 * 1024))
    temporary = "".join(f"{kind}_temp_path {folder}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    pages = f'location = /bulk {{ root {folder}; }} location / {{ return 200 "{KILOBYTE}"; }}'
    return _write(folder, "backend.conf", f"""
daemon off; master_process off; worker_processes 1; pid {folder}/backend.pid; error_log {folder}/backend.err; user root;
events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 1000000000; sendfile on; http2_max_concurrent_streams 1000; {temporary}
  server {{ listen 127.0.0.1:{port} backlog=4096; {pages} }}
  server {{ listen 127.0.0.1:{http2_port} http2 backlog=4096; {pages} }} }}
""")


def haproxy(folder, name, port, target, mode="http", http2=False, log=False, tls_down=None, tls_up=None):
    """mode http does what a sidecar does to a request at least: a forwarded-proto field, a request id, pooled connections to the backend."""
    http = ""
    front = ""
    if mode == "http":
        http = "  option http-keep-alive\n  http-reuse always\n"
        front = "  http-request set-header x-forwarded-proto http\n  unique-id-format %{+X}o\\ %ci%cp%rt%pid\n  unique-id-header x-request-id\n"
    if log:
        http += "  log 127.0.0.1:9 local0\n  option httplog\n"
    bind = " proto h2" if http2 else ""
    server = " proto h2" if http2 else ""
    if tls_down:
        bind += f" ssl crt {tls_down}/both.pem ca-file {tls_down}/ca.pem verify required"
    if tls_up:
        server += f" ssl crt {tls_up}/both.pem ca-file {tls_up}/ca.pem verify required"
    return _write(folder, name + ".cfg", f"""
global
  nbthread 1
  maxconn 4000
  ssl-default-bind-options ssl-min-ver TLSv1.3
  ssl-default-server-options ssl-min-ver TLSv1.3
defaults
  mode {mode}
  timeout connect 5s
  timeout client 60s
  timeout server 60s
{http}
frontend f
  bind 127.0.0.1:{port}{bind}
{front}  default_backend b
backend b
  server s 127.0.0.1:{target} pool-max-conn 1000{server}
""")


def nginx(folder, port, target):
    """nginx as a proxy: one worker, pooled connections to the backend."""
    temporary = "".join(f"{kind}_temp_path {folder}; " for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    return _write(folder, "nginx-proxy.conf", f"""
daemon off; master_process off; worker_processes 1; pid {folder}/proxy.pid; error_log {folder}/proxy.err; user root;
events {{ worker_connections 8192; }}
http {{ access_log off; keepalive_requests 1000000000; {temporary}
  upstream b {{ server 127.0.0.1:{target}; keepalive 1000; keepalive_requests 1000000000; }}
  server {{ listen 127.0.0.1:{port} backlog=4096; location / {{ proxy_pass http://b; proxy_http_version 1.1; proxy_set_header Connection "";
    proxy_set_header Host $http_host; proxy_set_header x-forwarded-proto http; proxy_set_header x-request-id $request_id; }} }} }}
""")


def caddy(folder, port, target):
    return _write(folder, "Caddyfile", f"""
{{
  admin off
  auto_https off
}}
http://:{port} {{
  reverse_proxy 127.0.0.1:{target}
}}
""")


def _write(folder, name, text):
    path = os.path.join(folder, name)
    with open(path, "w") as f:
        f.write(text)
    return path
