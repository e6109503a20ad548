using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using Lateen.Xds.Server;

namespace Lateen.ControlPlane.Debug;

/// <summary>The pages below /debug with their names in Istio: what each shows, and how it answers (control plane sheet, 17).</summary>
internal sealed class DebugPages
{
    private const int BadRequest = (int)HttpStatusCode.BadRequest;
    private const int NotFound = (int)HttpStatusCode.NotFound;

    private readonly DebugSources _sources;
    private readonly ConfigDumpPage _dump;
    private readonly Dictionary<string, Page> _pages;

    public DebugPages(DebugSources sources)
    {
        _sources = sources;
        _dump = new ConfigDumpPage(sources.Generator);
        _pages = Table().ToDictionary(page => page.Name, StringComparer.Ordinal);
    }

    /// <summary>The names, sorted, with the parameter that a page needs: `sidecarz?proxyID=`.</summary>
    public IEnumerable<string> Names => _pages.Values.Select(page => page.Address).Order(StringComparer.Ordinal);

    /// <param name="name">`syncz`, `config_dump`, …</param>
    public DebugAnswer Answer(string name, DebugQuery query) =>
        _pages.TryGetValue(name, out var page) ? page.Answer(query) : DebugAnswer.Refusal(NotFound, $"there is no page {name}; /debug/list names them\n");

    /// <summary>Every page with a sentence, as HTML.</summary>
    public string Index()
    {
        var html = new StringBuilder("<!DOCTYPE html>\n<html><head><title>Pilot Debug Console</title></head><body>\n<table>\n<tr><th>Endpoint</th><th>Description</th></tr>\n");
        foreach (var page in _pages.Values.OrderBy(page => page.Name, StringComparer.Ordinal))
        {
            html.Append($"<tr><td><a href=\"/debug/{page.Address}\">/debug/{page.Address}</a></td><td>{page.Help}</td></tr>\n");
        }

        return html.Append("</table>\n</body></html>\n").ToString();
    }

    private IEnumerable<Page> Table()
    {
        var mesh = () => _sources.Discovery.Current;
        yield return Json("syncz", "What each connected proxy was sent and has acknowledged", () => SyncStatusPage.Of(_sources.Proxies(), _sources.ClusterId));
        yield return new Page("config_distribution", "Which proxies have which generation of a resource (KIND/NAMESPACE/NAME)", query => DistributionPage.Of(_sources, query), "resource");
        yield return new Page("adsz", "The connected proxies and what they ask for; ?push=true announces everything anew", Clients);
        yield return Json("connections", "The connected proxies", () => MeshPages.Connections(_sources.Proxies()));
        yield return Json("registryz", "The services", () => MeshPages.Registry(mesh()));
        yield return new Page("endpointz", "The endpoints by service and port; ?brief for one line each", query => MeshPages.Endpoints(mesh(), query.Has("brief")));
        yield return Json("endpointShardz", "The endpoints by host, namespace and cluster", () => StatePages.Shards(mesh(), _sources.ClusterId));
        yield return new Page("cachez", "The resources that are kept; ?sizes=true for their bytes, ?clear=true forgets them", query => CachePage.Of(_sources.Generator.Cache, query));
        yield return Json("configz", "The Istio resources in force", () => ConfigPages.Configs(mesh()));
        yield return Json("resourcesz", "The kinds that are watched", ConfigPages.Kinds);
        yield return Json("instancesz", "What each connected proxy's workload serves", () => MeshPages.Instances(_sources.Proxies(), mesh()));
        yield return Json("authorizationz", "The AuthorizationPolicies by namespace", () => new JsonObject { ["authorization_policies"] = ConfigPages.Policies(mesh()) });
        yield return Json("telemetryz", "The Telemetry resources by namespace", () => new JsonObject { ["telemetries"] = ConfigPages.Telemetries(mesh()) });
        yield return Json("push_status", "What of the configuration could not be honoured", () => StatePages.Problems(_sources.Discovery.Problems()));
        yield return Json("pushcontext", "Policies and network gateways as proxies are told of them", () => StatePages.PushContext(mesh()));
        yield return new Page("inject", "The injection templates", _ => Templates());
        yield return Json("mesh", "MeshConfig in force", () => MeshConfigPage.Of(mesh().Mesh));
        yield return Json("clusterz", "The clusters that are watched", () => StatePages.Clusters(_sources.ClusterId));
        yield return Json("networkz", "The gateways into other networks", () => StatePages.Networks(mesh()));
        yield return Json("mcsz", "Services of the Kubernetes Multi-Cluster Services API: it is not served, so there are none", () => new JsonArray());
        yield return OfProxy("config_dump", "What a proxy is told, as its own dump would show it", connection => _dump.Of(connection, mesh()));
        yield return OfProxy("sidecarz", "What a proxy can see of the mesh", connection => ConfigPages.Scope(ProxyPages.NodeOf(connection, mesh()), mesh()));
        yield return OfProxy("edsz", "A proxy's load assignments", connection => ProxyPages.Resources(_sources, connection, Api.TypeUrls.ClusterLoadAssignment));
        yield return OfProxy("ndsz", "A proxy's table of names", connection => ProxyPages.Resources(_sources, connection, Api.TypeUrls.NameTable));
        yield return OfProxy("ecdsz", "A proxy's filters by ECDS", connection => ProxyPages.Resources(_sources, connection, Api.TypeUrls.TypedExtensionConfig));
        yield return new Page("force_disconnect", "Ends a proxy's stream; it connects anew, here or at another replica", query => OfProxy(query, Disconnect), "proxyID");
        yield return Json("list", "The names of these pages", () => new JsonArray([.. Names.Where(name => name != "list").Select(name => (JsonNode)name)]));
    }

    private DebugAnswer Clients(DebugQuery query)
    {
        var proxies = _sources.Proxies();
        if (query["push"].Length > 0)
        {
            _sources.Push();
            return DebugAnswer.Plain($"Pushed to {proxies.Count} servers\n");
        }

        return query["proxyID"].Length == 0 ? DebugAnswer.Json(MeshPages.Clients(proxies))
            : Find(query) is { } connection ? DebugAnswer.Json(MeshPages.Clients([connection]))
            : NotConnected;
    }

    private DebugAnswer Templates() => _sources.Templates() is { } templates
        ? DebugAnswer.Json(new JsonObject(templates.OrderBy(entry => entry.Key, StringComparer.Ordinal).Select(entry => KeyValuePair.Create(entry.Key, (JsonNode?)entry.Value))))
        : DebugAnswer.Refusal(NotFound, "");

    private static DebugAnswer NotConnected =>
        DebugAnswer.Refusal(NotFound, "Proxy not connected to this Pilot instance. It may be connected to another instance.\n");

    private static Page Json(string name, string help, Func<JsonNode> page) => new(name, help, _ => DebugAnswer.Json(page()));

    private Page OfProxy(string name, string help, Func<XdsConnectionStatus, JsonNode> page) =>
        new(name, help, query => OfProxy(query, connection => DebugAnswer.Json(page(connection))), "proxyID");

    private DebugAnswer OfProxy(DebugQuery query, Func<XdsConnectionStatus, DebugAnswer> answer) =>
        query["proxyID"].Length == 0 ? DebugAnswer.Refusal(BadRequest, "You must provide a proxyID in the query string\n")
        : Find(query) is { } connection ? answer(connection)
        : NotConnected;

    private static DebugAnswer Disconnect(XdsConnectionStatus connection)
    {
        connection.Peer.Call.Abort();
        return DebugAnswer.Plain("OK");
    }

    private XdsConnectionStatus? Find(DebugQuery query) => ProxyPages.Find(_sources.Proxies(), query["proxyID"]);

    /// <param name="Needs">The parameter without which it has no answer; null for none.</param>
    private sealed record Page(string Name, string Help, Func<DebugQuery, DebugAnswer> Answer, string? Needs = null)
    {
        public string Address => Needs is null ? Name : $"{Name}?{Needs}=";
    }
}
