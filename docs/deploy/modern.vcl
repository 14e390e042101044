# Varnish in front of the index. Needs vmod xkey (Debian: varnish-modules). Behind TLS, put the server that ends it on
# this machine, and have it set X-Forwarded-Proto; nobody else may reach Varnish then.
vcl 4.1;
import std;
import xkey;

backend index {
    .host = "127.0.0.1";
    .port = "8000";
}

acl purgers {
    "127.0.0.1";
    "::1";
}

sub vcl_recv {
    if (req.method == "PURGE") {
        if (client.ip !~ purgers) {
            return (synth(403));
        }
        if (!req.http.Surrogate-Key) {
            return (synth(400, "Surrogate-Key is missing"));
        }
        # Soft: what is purged is asked for again, and still there for the time when nobody answers.
        set req.http.X-Purged = xkey.softpurge(req.http.Surrogate-Key);
        return (synth(200, "Purged " + req.http.X-Purged));
    }
    if (req.restarts == 0) {
        unset req.http.X-Last-Try;
        set req.grace = 0s;
        # The index believes the first address: it must be one that was seen here.
        set req.http.X-Forwarded-For = client.ip;
        if (req.http.X-Forwarded-Proto != "https") {
            unset req.http.X-Forwarded-Proto;
        }
    } else {
        set req.grace = 365d;
    }
    # Only these cookies mean something; built-in rules keep nothing of requests that have one, or a password.
    if (req.http.Cookie !~ "(^|;\s*)(pypi|login_nonce)=") {
        unset req.http.Cookie;
    }
    # The simple index has two forms, and each spelling of Accept would be kept by itself.
    if (req.http.Accept !~ "json") {
        unset req.http.Accept;
    }
}

sub vcl_backend_fetch {
    set bereq.http.Surrogate-Capability = {"varnish="Surrogate/1.0""};
}

sub vcl_backend_response {
    if (beresp.status >= 500 && !bereq.uncacheable) {
        # First see whether an old answer is there (vcl_synth); where there is none, the error is the answer.
        if (bereq.is_bgfetch || !bereq.http.X-Last-Try) {
            return (abandon);
        }
        set beresp.ttl = 0s;
        set beresp.grace = 0s;
        set beresp.keep = 0s;
        set beresp.uncacheable = true;
        return (deliver);
    }
    if (beresp.http.Surrogate-Control ~ "no-store") {
        set beresp.ttl = 120s;
        set beresp.grace = 0s;
        set beresp.uncacheable = true;
        return (deliver);
    }
    if (beresp.http.Surrogate-Control ~ "max-age=\d+") {
        set beresp.ttl = std.duration(regsub(beresp.http.Surrogate-Control, "^.*max-age=(\d+).*$", "\1s"), 0s);
        if (beresp.http.Surrogate-Control ~ "stale-if-error=\d+") {
            set beresp.grace = std.duration(
                regsub(beresp.http.Surrogate-Control, "^.*stale-if-error=(\d+).*$", "\1s"), 0s);
        }
        set beresp.http.xkey = beresp.http.Surrogate-Key;
        return (deliver);
    }
}

sub vcl_backend_error {
    if (!bereq.uncacheable && (bereq.is_bgfetch || !bereq.http.X-Last-Try)) {
        return (abandon);
    }
}

sub vcl_synth {
    if (resp.status == 503 && req.restarts == 0) {
        set req.http.X-Last-Try = "yes";
        return (restart);
    }
}

sub vcl_deliver {
    unset resp.http.Surrogate-Control;
    unset resp.http.Surrogate-Key;
    unset resp.http.xkey;
    unset resp.http.Age;  # to clients, this is where answers come from
    if (obj.hits > 0) {
        set resp.http.X-Cache = "hit";
    } else {
        set resp.http.X-Cache = "miss";
    }
}
