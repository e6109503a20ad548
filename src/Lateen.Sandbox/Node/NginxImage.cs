namespace Lateen.Sandbox.Node;

/// <summary>Makes the host's nginx look like the image of that name: its folders, its welcome page, its log on stdout.</summary>
internal static class NginxImage
{
    private const string Welcome = """
        <!DOCTYPE html>
        <html>
        <head>
        <title>Welcome to nginx!</title>
        </head>
        <body>
        <h1>Welcome to nginx!</h1>
        <p>This is the host's nginx, run by Lateen's sandbox in place of an image.</p>
        </body>
        </html>
        """;

    private const string Main = """
        user nginx;
        worker_processes 1;
        error_log /var/log/nginx/error.log notice;
        pid /var/run/nginx.pid;
        events { worker_connections 1024; }
        http {
            include /etc/nginx/mime.types;
            default_type application/octet-stream;
            log_format main '$remote_addr - $remote_user [$time_local] "$request" '
                '$status $body_bytes_sent "$http_referer" '
                '"$http_user_agent" "$http_x_forwarded_for"';
            access_log /var/log/nginx/access.log main;
            sendfile on;
            keepalive_timeout 65;
            include /etc/nginx/conf.d/*.conf;
        }
        """;

    private const string Site = """
        server {
            listen 80;
            listen [::]:80;
            server_name localhost;
            location / {
                root /usr/share/nginx/html;
                index index.html index.htm;
            }
            error_page 500 502 503 504 /50x.html;
            location = /50x.html { root /usr/share/nginx/html; }
        }
        """;

    public static readonly ImageProgram Program = new(["nginx"], ["-g", "daemon off;"])
    {
        StopSignal = "QUIT",
        Preparation = $"""
            grep -q '^nginx:' /etc/group || echo 'nginx:x:101:' >>/etc/group
            grep -q '^nginx:' /etc/passwd || echo 'nginx:x:101:101::/nonexistent:/bin/false' >>/etc/passwd
            rm -rf /etc/nginx/conf.d /etc/nginx/modules-enabled /usr/share/nginx/html /var/log/nginx
            mkdir -p /etc/nginx/conf.d /usr/share/nginx/html /var/log/nginx /var/cache/nginx /var/lib/nginx
            ln -s /dev/stdout /var/log/nginx/access.log
            ln -s /dev/stderr /var/log/nginx/error.log
            cat >/etc/nginx/nginx.conf <<'END'
            {Main}
            END
            cat >/etc/nginx/conf.d/default.conf <<'END'
            {Site}
            END
            cat >/usr/share/nginx/html/index.html <<'END'
            {Welcome}
            END

            """,
    };
}
