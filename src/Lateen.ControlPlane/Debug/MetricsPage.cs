using System.Text;
using Lateen.Api;
using Lateen.ControlPlane.Ca;
using Lateen.ControlPlane.Watch;
using Lateen.ControlPlane.Webhooks;
using Lateen.Model;
using Lateen.Model.Networking;
using Lateen.Model.Services;
using Lateen.Security;
using Lateen.Translation;

namespace Lateen.ControlPlane.Debug;

/// <summary>The text of /metrics: what was counted, and what is so at the moment it is asked for.</summary>
internal sealed class MetricsPage(
    DebugSources sources,
    MeshWriter writer,
    DiscoveryMetrics pushes,
    EventCounters events,
    InjectionCounters injections,
    CertificateAuthority authority,
    ServingCertificate certificate,
    TimeProvider time,
    string version)
{
    private static readonly string[] RefusableTypes = [TypeUrls.Cluster, TypeUrls.ClusterLoadAssignment, TypeUrls.Listener, TypeUrls.RouteConfiguration];

    private readonly long _start = time.GetTimestamp();

    public string Render()
    {
        var page = new StringBuilder();
        MetricText.Header(page, "istio_build", "gauge", "Version of this component");
        MetricText.Sample(page, "istio_build", $"{MetricText.Label("component", "pilot")},{MetricText.Label("tag", version)}", 1);
        MetricText.Single(page, "istiod_uptime_seconds", "gauge", "Seconds since the start", time.GetElapsedTime(_start).TotalSeconds);
        MetricText.Header(page, "pilot_info", "gauge", "Version of the control plane");
        MetricText.Sample(page, "pilot_info", MetricText.Label("version", version), 1);
        Proxies(page);
        Mesh(page, sources.Discovery.Current);
        Conflicts(page, sources.Discovery.Current);
        pushes.Render(page);
        MetricText.Single(page, "pilot_total_xds_internal_errors", "counter", "Responses that could not be made", sources.Discovery.Failures);
        MetricText.Single(page, "pilot_xds_push_context_errors", "counter", "Snapshots of the mesh that could not be built", writer.Failures);
        Cache(page);
        MetricText.Single(page, "citadel_server_root_cert_expiry_timestamp", "gauge", "Unix time at which the root certificate ends", authority.NotAfter.ToUnixTimeSeconds());
        if (certificate.Current is { IsCompletedSuccessfully: true, Result.TargetCertificate.NotAfter: var end })
        {
            MetricText.Single(
                page, "citadel_server_cert_chain_expiry_timestamp", "gauge", "Unix time at which the certificate that is shown ends",
                new DateTimeOffset(end).ToUnixTimeSeconds());
        }

        injections.Render(page);
        events.Render(page);
        return page.ToString();
    }

    private void Proxies(StringBuilder page)
    {
        var proxies = sources.Proxies();
        MetricText.Header(page, "pilot_xds", "gauge", "Connected proxies by the release that they say they are of");
        foreach (var group in proxies.GroupBy(SyncStatusPage.VersionOf).OrderBy(group => group.Key, StringComparer.Ordinal))
        {
            MetricText.Sample(page, "pilot_xds", MetricText.Label("version", group.Key.Length > 0 ? group.Key : "unknown"), group.Count());
        }

        foreach (var typeUrl in RefusableTypes)
        {
            var name = $"pilot_xds_{TypeUrls.ShortName(typeUrl)}_reject";
            MetricText.Header(page, name, "gauge", "Proxies that refuse what they were sent last");
            foreach (var proxy in proxies.Where(proxy => proxy.Types.Any(type => type.TypeUrl == typeUrl && type.NackMessage is not null)))
            {
                MetricText.Sample(page, name, MetricText.Label("node", proxy.Peer.ConnectionId), 1);
            }
        }
    }

    private static void Mesh(StringBuilder page, MeshSnapshot mesh)
    {
        var index = mesh.Index;
        MetricText.Single(page, "pilot_services", "gauge", "Services known", index.Services.Count);
        MetricText.Single(page, "pilot_virt_services", "gauge", "VirtualServices known", index.Inputs.Configs.Count(config => config is VirtualServiceConfig));
        MetricText.Single(
            page, "pilot_eds_no_instances", "gauge", "Ports of services without an endpoint, where the control plane knows the endpoints",
            Empty(mesh, static resolution => resolution == Resolution.Static));
        MetricText.Single(
            page, "pilot_dns_cluster_without_endpoints", "gauge", "Ports of services that are resolved by DNS and have no name to resolve",
            Empty(mesh, static resolution => resolution is Resolution.Dns or Resolution.DnsRoundRobin));
    }

    private void Conflicts(StringBuilder page, MeshSnapshot mesh)
    {
        var unserved = sources.Proxies().Select(proxy => ProxyPages.NodeOf(proxy, mesh)).Count(node => ProxyTranslator.InstancesOf(mesh, node).IsEmpty);
        MetricText.Single(page, "pilot_no_ip", "gauge", "Proxies whose workload is behind no service", unserved);
        var subsets = mesh.Index.Inputs.Configs.OfType<DestinationRuleConfig>()
            .GroupBy(rule => (rule.Meta.Namespace, HostName.Resolve(rule.Host, rule.Meta.Namespace, mesh.Index.Inputs.Domain)))
            .Sum(rules => rules.SelectMany(rule => (IEnumerable<Subset>)rule.Subsets).GroupBy(subset => subset.Name).Sum(named => named.Count() - 1));
        MetricText.Single(page, "pilot_destrule_subsets", "gauge", "Subsets of DestinationRules that another rule for the host has already, and so do not count", subsets);
    }

    private static int Empty(MeshSnapshot mesh, Func<Resolution, bool> counts) => mesh.Index.Services
        .Where(service => counts(service.Resolution))
        .Sum(service => service.Ports.Count(port => !mesh.EndpointsOf(service, port).Any()));

    private void Cache(StringBuilder page)
    {
        var cache = sources.Generator.Cache;
        MetricText.Header(page, "xds_cache_reads", "counter", "Resources asked for, by whether they were there");
        MetricText.Sample(page, "xds_cache_reads", MetricText.Label("type", "hit"), cache.Hits);
        MetricText.Sample(page, "xds_cache_reads", MetricText.Label("type", "miss"), cache.Misses);
        MetricText.Header(page, "xds_cache_evictions", "counter", "How often everything was forgotten");
        MetricText.Sample(page, "xds_cache_evictions", MetricText.Label("type", "clear"), cache.Evictions);
        MetricText.Single(page, "xds_cache_size", "gauge", "Resources that are kept", cache.Kept().Count);
    }
}
