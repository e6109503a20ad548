using System.Globalization;
using System.Net;
using System.Text.Json.Nodes;
using Lateen.Inspection.ProxyConfig;

namespace Lateen.Inspection.Trace;

/// <summary>Whether a cluster speaks TLS to its endpoints.</summary>
public enum UpstreamTls
{
    Never,

    /// <summary>To endpoints whose pods have a sidecar (the transport socket match tlsMode=istio).</summary>
    WithSidecars,

    Always,
}

/// <summary>An endpoint of the chosen cluster.</summary>
/// <param name="Address">Address and port.</param>
/// <param name="Health">As the control plane says.</param>
public sealed record TracedEndpoint(IPEndPoint Address, string Health);

/// <summary>The way of a connection or request through one proxy, read from its own configuration.</summary>
/// <param name="Section">The steps and the outcome.</param>
/// <param name="Request">The request as it leaves: rewritten where the route says so; null for TCP.</param>
/// <param name="Endpoints">Where it may go; empty where the proxy answers itself.</param>
/// <param name="Tls">Whether TLS is spoken to them.</param>
public sealed record ProxyPath(TraceSection Section, TracedRequest? Request, IReadOnlyList<TracedEndpoint> Endpoints, UpstreamTls Tls)
{
    /// <summary>Follows a connection.</summary>
    /// <param name="place">The proxy's name for the section.</param>
    /// <param name="dump">Its <c>config_dump</c>.</param>
    /// <param name="clusters">Its <c>clusters?format=json</c>.</param>
    /// <param name="connection">The connection that it captured.</param>
    /// <param name="request">The request in it; null where it carries no HTTP that the proxy can read.</param>
    public static ProxyPath Follow(string place, ConfigDump dump, string clusters, TracedConnection connection, TracedRequest? request)
    {
        ArgumentNullException.ThrowIfNull(dump);
        ArgumentNullException.ThrowIfNull(connection);
        return new Walk(place, dump, clusters, connection).Run(request);
    }

    private sealed class Walk(string place, ConfigDump dump, string clusters, TracedConnection connection)
    {
        private readonly List<TraceStep> _steps = [];

        public ProxyPath Run(TracedRequest? request)
        {
            if (ListenerSelection.Select(dump, connection) is not { } found)
            {
                return End($"nothing listens on port {connection.CapturePort}: the connection is refused");
            }

            Add("listener", found.Listener.Text("name") is { Length: > 0 } name ? name : $"{connection.CapturePort}", found.Why);
            if (FilterChainSelection.Select(found.Listener, connection) is not { } chain)
            {
                return End("no filter chain matches: the connection is closed");
            }

            string match = FilterChainMatchText.Of(chain.Object("filterChainMatch"));
            Add("filter chain", chain.Text("name") is { Length: > 0 } chainName ? chainName : "(unnamed)",
                match == "ALL" ? "It takes what no more specific chain takes." : $"The connection matches {match}.");
            foreach (JsonObject filter in chain.Objects("filters"))
            {
                JsonObject config = filter.Object("typedConfig") ?? [];
                if (FilterDestination.IsHttp(filter))
                {
                    return request is null ? End("the chain expects HTTP and the connection carries none: it is closed or answered 400") : Http(config, request);
                }

                if (filter.Text("name") == "envoy.filters.network.tcp_proxy")
                {
                    return Tcp(config);
                }
            }

            return End("the chain has no filter that forwards: the connection is closed");
        }

        private ProxyPath Http(JsonObject config, TracedRequest request)
        {
            JsonObject? routes = config.Object("routeConfig");
            if (routes is null)
            {
                string name = config.Object("rds")?.Text("routeConfigName") ?? "";
                routes = Routes().FirstOrDefault(r => r.Text("name") == name);
                if (routes is null)
                {
                    return End($"the route configuration {name} is not known to the proxy: 404 (NR)");
                }
            }

            if (RouteSelection.VirtualHost(routes, request.Authority) is not { } host)
            {
                return End($"no virtual host of route configuration {routes.Text("name")} has the domain {request.Authority}: 404 (NR)");
            }

            Add("virtual host", host.Host.Text("name"), $"Route configuration {routes.Text("name")}: its domain {host.Domain} takes {request.Authority}.");
            foreach (JsonObject route in host.Host.Objects("routes"))
            {
                JsonObject match = route.Object("match") ?? [];
                string label = $"{(route.Text("name") is { Length: > 0 } own ? own : "(unnamed)")}: {RouteSelection.Conditions(match)}";
                if (RouteSelection.Refusal(match, request) is { } refusal)
                {
                    Add("route", label, $"Does not match: {refusal}.", passed: false);
                    continue;
                }

                string origin = ConfigOrigin.Of(route);
                Add("route", label, $"The first that matches{(origin.Length > 0 ? $"; it comes from the VirtualService {origin}" : "")}.{Policies(route)}");
                return Act(route, request);
            }

            return End($"no route of virtual host {host.Host.Text("name")} matches: 404 (NR)");
        }

        private IReadOnlyList<JsonObject> Routes()
        {
            try
            {
                return dump.Routes();
            }
            catch (InvalidDataException)
            {
                return [];
            }
        }

        private ProxyPath Act(JsonObject route, TracedRequest request)
        {
            if (route.Object("redirect") is { } redirect)
            {
                return End($"the proxy answers with a redirect to {redirect.Text("hostRedirect")}{redirect.Text("pathRedirect")}");
            }

            if (route.Object("directResponse") is { } direct)
            {
                return End($"the proxy answers {direct.Text("status")} itself");
            }

            JsonObject action = route.Object("route") ?? [];
            TracedRequest next = Rewritten(route, action, request);
            return Cluster(action.Text("cluster") is { Length: > 0 } cluster ? cluster
                : action.Object("weightedClusters") is { } weighted ? Heaviest(weighted)
                : request.Header(action.Text("clusterHeader")) ?? "", next);
        }

        private string Heaviest(JsonObject weighted)
        {
            JsonObject[] all = [.. weighted.Objects("clusters")];
            int total = Math.Max(1, all.Sum(c => c.Number("weight")));
            JsonObject heaviest = all.MaxBy(c => c.Number("weight")) ?? [];
            foreach (JsonObject cluster in all)
            {
                string share = string.Create(CultureInfo.InvariantCulture, $"{100.0 * cluster.Number("weight") / total:0.##} %");
                Add("weight", cluster.Text("name"), $"It gets {share} of the requests{(cluster == heaviest ? "; the way is followed here" : "")}.", cluster == heaviest);
            }

            return heaviest.Text("name");
        }

        private static TracedRequest Rewritten(JsonObject route, JsonObject action, TracedRequest request)
        {
            string path = request.Path;
            JsonObject match = route.Object("match") ?? [];
            if (action.Text("prefixRewrite") is { Length: > 0 } rewrite)
            {
                string matched = match.Field("prefix") is not null ? match.Text("prefix")
                    : match.Field("pathSeparatedPrefix") is not null ? match.Text("pathSeparatedPrefix") : request.PathWithoutQuery;
                path = rewrite + path[Math.Min(matched.Length, path.Length)..];
            }

            return request with { Path = path, Authority = action.Text("hostRewriteLiteral") is { Length: > 0 } host ? host : request.Authority };
        }

        private static string Policies(JsonObject route)
        {
            JsonObject action = route.Object("route") ?? [];
            List<string> parts = [];
            if (action.Text("prefixRewrite") is { Length: > 0 } rewrite)
            {
                parts.Add($"the path's matched part becomes {rewrite}");
            }

            if (action.Text("hostRewriteLiteral") is { Length: > 0 } host)
            {
                parts.Add($"the authority becomes {host}");
            }

            if (action.Text("timeout") is { Length: > 0 } timeout && timeout is not ("0s" or "0"))
            {
                parts.Add($"timeout {timeout}");
            }

            if (action.Object("retryPolicy") is { } retry)
            {
                parts.Add($"retries on {retry.Text("retryOn")}, {(retry.Text("numRetries") is { Length: > 0 } count ? count : "1")} at most");
            }

            if (action.Objects("requestMirrorPolicies").Select(m => m.Text("cluster")).ToArray() is { Length: > 0 } mirrors)
            {
                parts.Add($"mirrored to {string.Join(" and ", mirrors)}");
            }

            if (route.Object("typedPerFilterConfig")?.ContainsKey("envoy.filters.http.fault") == true)
            {
                parts.Add("faults are injected");
            }

            return parts.Count > 0 ? " " + char.ToUpperInvariant(parts[0][0]) + string.Join("; ", parts)[1..] + "." : "";
        }

        private ProxyPath Tcp(JsonObject config) => Cluster(
            config.Text("cluster") is { Length: > 0 } cluster ? cluster : Heaviest(config.Object("weightedClusters") ?? []), null);

        private ProxyPath Cluster(string name, TracedRequest? request)
        {
            if (dump.Clusters().FirstOrDefault(c => c.Text("name") == name) is not { } cluster)
            {
                return End($"the cluster {name} is not known to the proxy: 503 (NC)");
            }

            string type = cluster.Text("type") is { Length: > 0 } given ? given : "STATIC";
            UpstreamTls tls = cluster.Object("transportSocket") is not null ? UpstreamTls.Always
                : cluster.Objects("transportSocketMatches").Any(m => m.Object("match")?.Text("tlsMode") == "istio") ? UpstreamTls.WithSidecars
                : UpstreamTls.Never;
            string policy = cluster.Text("lbPolicy") is { Length: > 0 } lb ? lb : "ROUND_ROBIN";
            string security = tls switch { UpstreamTls.Always => "TLS", UpstreamTls.WithSidecars => "mutual TLS to pods with a sidecar", _ => "clear text" };
            Add("cluster", name, $"Its endpoints come by {type}, spread by {policy}; {security}.");
            if (type == "ORIGINAL_DST")
            {
                return To(request, [new TracedEndpoint(connection.Destination, "HEALTHY")], tls, "It keeps the connection's original destination.");
            }

            TracedEndpoint[] endpoints = [.. EndpointTable.Of(clusters, name)];
            TracedEndpoint[] healthy = [.. endpoints.Where(e => e.Health is "HEALTHY" or "UNKNOWN" or "DEGRADED")];
            return name == "BlackHoleCluster" ? End("the cluster BlackHoleCluster drops what comes: the connection is closed")
                : healthy.Length > 0 ? To(request, healthy, tls, healthy.Length == 1 ? "The only endpoint." : "")
                : End(endpoints.Length == 0 ? "the cluster has no endpoint: 503 (UH)" : $"none of the cluster's {endpoints.Length} endpoints is healthy: 503 (UH)");
        }

        private ProxyPath To(TracedRequest? request, TracedEndpoint[] endpoints, UpstreamTls tls, string why)
        {
            foreach (TracedEndpoint endpoint in endpoints)
            {
                Add("endpoint", endpoint.Address.ToString(), why.Length > 0 ? why
                    : $"{endpoint.Health}, one of {endpoints.Length}{(endpoint == endpoints[0] ? "; the way is followed here" : "")}.");
            }

            return new ProxyPath(new TraceSection(place, _steps, $"connects to {endpoints[0].Address}"), request, endpoints, tls);
        }

        private ProxyPath End(string outcome) => new(new TraceSection(place, _steps, outcome), null, [], UpstreamTls.Never);

        private void Add(string what, string name, string why, bool passed = true) => _steps.Add(new TraceStep(what, name, why, passed));
    }
}
