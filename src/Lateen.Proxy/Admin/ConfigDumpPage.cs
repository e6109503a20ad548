using System.Text.RegularExpressions;
using Envoy.Admin.V3;
using Envoy.Config.Bootstrap.V3;
using Envoy.Config.Core.V3;
using Envoy.Extensions.TransportSockets.Tls.V3;
using Google.Protobuf;
using Google.Protobuf.WellKnownTypes;
using Lateen.Api;
using Lateen.Proxy.Local;
using Lateen.Proxy.Views;

namespace Lateen.Proxy.Admin;

/// <summary><c>/config_dump</c>: every resource as it was accepted, in Envoy's order and shape; private keys are blanked.</summary>
/// <remarks>Parameters: <c>resource</c> (one repeated field), <c>mask</c> (field paths), <c>name_regex</c> (whole name), <c>include_eds</c>.</remarks>
internal static class ConfigDumpPage
{
    private static readonly ByteString Redacted = ByteString.CopyFromUtf8("[redacted]");

    public static LocalResponse Answer(ProxyServer proxy, AdminContext context, AdminQuery query)
    {
        Regex? names = null;
        if (query.Get("name_regex") is { Length: > 0 } pattern)
        {
            try
            {
                names = new Regex($"^(?:{pattern})$", RegexOptions.CultureInvariant | RegexOptions.NonBacktracking);
            }
            catch (Exception e) when (e is ArgumentException or NotSupportedException)
            {
                return LocalResponse.Text($"Error while parsing name_regex: {e.Message}\n", 400);
            }
        }
        IEnumerable<AppliedResource> Resources(string typeUrl) =>
            proxy.Applied(typeUrl).Where(r => names?.IsMatch(r.Name) ?? true);

        var dump = new ConfigDump();
        if (query.Get("resource") is { Length: > 0 } resource)
        {
            if (Section(proxy, resource, Resources) is not { } items)
            {
                return LocalResponse.Text($"{resource} not found in config dump\n", 404);
            }
            dump.Configs.AddRange(items.Select(i => Any.Pack(i)));
        }
        else
        {
            dump.Configs.AddRange(All(proxy, context, names is null, query.Has("include_eds"), Resources).Select(i => Any.Pack(i)));
        }
        if (query.Get("mask") is { Length: > 0 } mask)
        {
            dump = Masked(dump, mask);
        }
        return LocalResponse.Text(XdsJsonWriter.Write(dump), contentType: "application/json");
    }

    private static IEnumerable<IMessage> All(
        ProxyServer proxy, AdminContext context, bool withBootstrap, bool withEndpoints, Func<string, IEnumerable<AppliedResource>> resources)
    {
        if (withBootstrap)
        {
            yield return new BootstrapConfigDump
            {
                Bootstrap = new Bootstrap
                {
                    Node = context.Node(),
                    Admin = new Envoy.Config.Bootstrap.V3.Admin { Address = ListenersPage.AddressOf(context.Address) },
                },
                LastUpdated = Timestamp.FromDateTimeOffset(context.StartedAt),
            };
        }
        var clusters = new ClustersConfigDump { VersionInfo = proxy.VersionOf(TypeUrls.Cluster) };
        clusters.DynamicActiveClusters.AddRange(resources(TypeUrls.Cluster).Select(Cluster));
        yield return clusters;
        if (withEndpoints)
        {
            var endpoints = new EndpointsConfigDump();
            endpoints.DynamicEndpointConfigs.AddRange(resources(TypeUrls.ClusterLoadAssignment).Select(Endpoint));
            yield return endpoints;
        }
        var listeners = new ListenersConfigDump { VersionInfo = proxy.VersionOf(TypeUrls.Listener) };
        listeners.DynamicListeners.AddRange(Listeners(proxy, resources));
        yield return listeners;
        var routes = new RoutesConfigDump();
        routes.DynamicRouteConfigs.AddRange(resources(TypeUrls.RouteConfiguration).Select(Route));
        yield return routes;
        var secrets = new SecretsConfigDump();
        secrets.DynamicActiveSecrets.AddRange(resources(TypeUrls.Secret).Select(Secret));
        yield return secrets;
    }

    private static IEnumerable<IMessage>? Section(
        ProxyServer proxy, string name, Func<string, IEnumerable<AppliedResource>> resources) => name switch
    {
        "dynamic_active_clusters" => resources(TypeUrls.Cluster).Select(Cluster),
        "dynamic_endpoint_configs" => resources(TypeUrls.ClusterLoadAssignment).Select(Endpoint),
        "dynamic_listeners" => Listeners(proxy, resources),
        "dynamic_route_configs" => resources(TypeUrls.RouteConfiguration).Select(Route),
        "dynamic_active_secrets" => resources(TypeUrls.Secret).Select(Secret),
        "static_clusters" or "dynamic_warming_clusters" or "static_endpoint_configs" or "static_listeners" or "static_route_configs"
            or "static_secrets" or "dynamic_warming_secrets" => [],
        _ => null,
    };

    private static ClustersConfigDump.Types.DynamicCluster Cluster(AppliedResource r) => new()
    {
        VersionInfo = r.Version, Cluster = r.Resource, LastUpdated = Timestamp.FromDateTimeOffset(r.LastUpdated),
    };

    private static EndpointsConfigDump.Types.DynamicEndpointConfig Endpoint(AppliedResource r) => new()
    {
        VersionInfo = r.Version, EndpointConfig = r.Resource, LastUpdated = Timestamp.FromDateTimeOffset(r.LastUpdated),
    };

    private static RoutesConfigDump.Types.DynamicRouteConfig Route(AppliedResource r) => new()
    {
        VersionInfo = r.Version, RouteConfig = r.Resource, LastUpdated = Timestamp.FromDateTimeOffset(r.LastUpdated),
    };

    // A listener that was refused shows why, beside the version that goes on serving.
    private static IEnumerable<ListenersConfigDump.Types.DynamicListener> Listeners(
        ProxyServer proxy, Func<string, IEnumerable<AppliedResource>> resources)
    {
        var refused = proxy.Refused(TypeUrls.Listener).ToLookup(r => r.Problem.Resource, StringComparer.Ordinal);
        var shown = new HashSet<string>(StringComparer.Ordinal);
        foreach (var r in resources(TypeUrls.Listener))
        {
            shown.Add(r.Name);
            yield return new ListenersConfigDump.Types.DynamicListener
            {
                Name = r.Name,
                ActiveState = new ListenersConfigDump.Types.DynamicListenerState
                {
                    VersionInfo = r.Version, Listener = r.Resource, LastUpdated = Timestamp.FromDateTimeOffset(r.LastUpdated),
                },
                ErrorState = Error(refused[r.Name]),
            };
        }
        foreach (var problems in refused.Where(p => !shown.Contains(p.Key)))
        {
            yield return new ListenersConfigDump.Types.DynamicListener { Name = problems.Key, ErrorState = Error(problems) };
        }
    }

    private static UpdateFailureState? Error(IEnumerable<RefusedResource> refused) =>
        refused.FirstOrDefault() is { } first
            ? new UpdateFailureState
            {
                Details = string.Join("; ", refused.Select(r => r.Problem.ToString())),
                VersionInfo = first.Version,
                LastUpdateAttempt = Timestamp.FromDateTimeOffset(first.At),
            }
            : null;

    private static SecretsConfigDump.Types.DynamicSecret Secret(AppliedResource r) => new()
    {
        Name = r.Name, VersionInfo = r.Version, LastUpdated = Timestamp.FromDateTimeOffset(r.LastUpdated), Secret = WithoutKeys(r.Resource),
    };

    private static Any WithoutKeys(Any resource)
    {
        var secret = resource.Unpack<Secret>();
        Blank(secret.TlsCertificate?.PrivateKey);
        Blank(secret.TlsCertificate?.Password);
        Blank(secret.GenericSecret?.Secret);
        foreach (var key in secret.SessionTicketKeys?.Keys ?? [])
        {
            Blank(key);
        }
        return Any.Pack(secret);
    }

    private static void Blank(DataSource? source)
    {
        switch (source?.SpecifierCase)
        {
            case DataSource.SpecifierOneofCase.InlineBytes:
                source.InlineBytes = Redacted;
                break;
            case DataSource.SpecifierOneofCase.InlineString:
                source.InlineString = "[redacted]";
                break;
            default:
                break;
        }
    }

    // With "resource" the mask is relative to the resource; without it to each section, as in Envoy.
    private static ConfigDump Masked(ConfigDump dump, string mask)
    {
        var paths = mask.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        var result = new ConfigDump();
        foreach (var any in dump.Configs)
        {
            if (XdsJson.Unpack(any) is { } message)
            {
                result.Configs.Add(Any.Pack(FieldPaths.Keep(message, paths)));
            }
        }
        return result;
    }
}
