"""The configuration that most scenarios share; @STUB@ is the application. The
lines that begin with `apache` are what Apache has instead of nginx's."""

SHARED = """
    server {
        listen 127.0.0.1:@PORT@;
        listen 127.0.0.1:@TLS@ ssl http2;
        ssl_certificate @PREFIX@/cert.pem;
        ssl_certificate_key @PREFIX@/key.pem;
        ssl_client_certificate @PREFIX@/cert.pem;
        ssl_verify_client optional_no_ca;
        ssl_protocols TLSv1.2 TLSv1.3;
        ssl_early_data on;
        modhost_pass_here;
        location / { modhost_pass @STUB@; }
        location /shop/ { modhost_pass @STUB@; }
        location /mall { modhost_pass @STUB@; }
        location ~ ^/re/ { modhost_pass @STUB@; }
        location ~ ^/based/v[0-9] { modhost_pass @STUB@ path_base=/based; }
        location = /exact { modhost_pass @STUB@; }
        location ~ /ifregex {
            if ($arg_a) { modhost_pass @STUB@; }
        }
        location /ifprefix/ {
            modhost_pass @STUB@;
            if ($arg_a) { set $unused 1; }
        }
        location /except/ {
            modhost_pass @STUB@;
            limit_except GET { deny all; }
        }
        location /inline/ { modhost_pass @STUB@; modhost_dispatch inline; }
        location /whole/ {
            modhost_pass @STUB@;
            modhost_request_buffering on;
            client_body_buffer_size 16k;
        }
        location /limited/ {
            modhost_pass @STUB@;
            client_max_body_size 1k;
            apache LimitRequestBody 1024;
        }
        location /timed/ {
            modhost_pass @STUB@;
            modhost_request_timeout 200ms;
        }
        location /hidden/ {
            modhost_pass @STUB@;
            modhost_hide_header X-Custom Set-Cookie;
        }
        location /intercepted/ {
            modhost_pass @STUB@;
            modhost_intercept_errors on;
            error_page 404 =200 /static/page;
            apache ErrorDocument 404 /static/page;
        }
        location /fallback/ {
            modhost_pass @STUB@;
            modhost_intercept_errors on;
            error_page 418 @other;
        }
        location @other { modhost_pass @STUB@; }
        location /vars/ {
            modhost_pass @STUB@;
            modhost_variable REMOTE_USER fred;
            modhost_variable AUTH_TYPE Test;
            modhost_variable HOST_IS $host;
        }
        apache RewriteEngine On;
        apache RewriteRule ^/rewritten/(.*)$ /$1 [PT];
        location /rewritten/ {
            rewrite ^/rewritten/(.*)$ /$1 break;
            modhost_pass @STUB@;
        }
        location /impatient/ { send_timeout 1s; modhost_pass @STUB@; }
        location /pat/ {
            rewrite ^/pat(/.*)$ $1 break;
            modhost_pass @STUB@;
        }
        location /lane {
            rewrite ^/lane/(.*)$ /laneway/$1 break;
            modhost_pass @STUB@;
        }
        location /slashless/ {
            rewrite ^/slashless(/.*)$ x$1 break;
            modhost_pass @STUB@;
        }
        location /refused/ {
            client_max_body_size 1k;
            error_page 413 @other;
            modhost_request_buffering on;
            modhost_pass @STUB@;
        }
        location /ssi/ {
            ssi on;
            ssi_types text/plain;
            apache SetOutputFilter INCLUDES;
            apache Options +Includes;
            modhost_pass @STUB@ path_base=/ssi;
        }
        location /guarded/ {
            set $code $arg_status;
            auth_request /authorise;
            modhost_pass @STUB@;
        }
        location = /authorise {
            internal;
            modhost_pass @STUB@;
            rewrite ^ /custom?status=$code? break;
        }
        location /mirrored/ { mirror /mirror; modhost_pass @STUB@; }
        location = /mirror { internal; modhost_pass @STUB@; }
        location /badly/mirrored/ { mirror /breaks; modhost_pass @STUB@; }
        location /badly/guarded/ { auth_request /breaks; modhost_pass @STUB@; }
        location = /breaks {
            internal;
            rewrite ^ /reset-after-head? break;
            modhost_pass @STUB@;
        }
        location /slow/ {
            limit_rate 200k;
            modhost_pass @STUB@;
            apache SetOutputFilter RATE_LIMIT;
            apache SetEnv rate-limit 200;
        }
        location /spool/ { modhost_buffering on; modhost_pass @STUB@; }
        location /zipped/ {
            gzip on; gzip_types text/plain; gzip_min_length 1;
            apache SetOutputFilter DEFLATE;
            modhost_pass @STUB@;
        }
        location /inflated/ {
            modhost_pass @STUB@;
            apache SetInputFilter DEFLATE;
        }
        location /substituted/ {
            modhost_pass @STUB@;
            apache SetOutputFilter SUBSTITUTE;
            apache Substitute s/foo/bar/;
            apache SubstituteMaxLineLength 1000;
        }
        location /denied/ {
            modhost_pass @STUB@;
            apache Require all denied;
            apache ErrorDocument 403 "/custom?status=403&body=mine";
        }
        location /nosendfile/ {
            sendfile off;
            modhost_pass @STUB@;
            apache EnableSendfile Off;
        }
        location /withsendfile/ {
            sendfile on;
            modhost_pass @STUB@;
            apache EnableSendfile On;
        }
        location /static/ { alias @PREFIX@/html/; }
        location /private/ { internal; alias @PREFIX@/html/; }
    }
""".replace("        modhost_pass_here;\n", "")
