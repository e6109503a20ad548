using System.Net;
using Lateen.Net.Sockets;
using Lateen.Proxy.Clusters;
using Lateen.Proxy.Outlier;
using Lateen.Proxy.Stats;

namespace Lateen.Tests.Proxy.Clusters;

/// <summary>Hosts and cluster configurations for tests that do no I/O.</summary>
internal static class TestHosts
{
    public static EndpointConfig Endpoint(
        int number, uint weight = 1, uint priority = 0, HostHealth health = HostHealth.Healthy, Locality? locality = null) =>
        new(IpEndpoint.From(IPAddress.Parse($"10.0.0.{number}"), 80), "", weight, health, locality ?? Locality.None, priority, "");

    public static Host Host(int number, uint weight = 1, uint priority = 0, HostHealth health = HostHealth.Healthy, Locality? locality = null) =>
        new(Endpoint(number, weight, priority, health, locality), 1);

    public static Host[] Hosts(int count) => [.. Enumerable.Range(1, count).Select(i => Host(i))];

    public static ClusterConfig Config(LoadBalancingPolicy policy = LoadBalancingPolicy.RoundRobin, bool localities = false, int panic = 50) => new()
    {
        Name = "c", ObservabilityName = "c", Discovery = DiscoveryKind.Static, Policy = policy, LocalityWeighted = localities, PanicThreshold = panic,
    };

    public static OutlierDetector Detector(OutlierConfig config, Host[] hosts, Func<long> now, Action? changed = null)
    {
        OutlierDetector detector = new(
            config, new StatScope("cluster.c.outlier_detection.", StatNames.Outlier, 1), new Random(1), now, changed ?? (() => { }));
        foreach (Host host in hosts)
        {
            host.Outlier = new OutlierMonitor(detector, host);
        }
        detector.SetHosts([.. hosts.Select(h => h.Outlier!)]);
        return detector;
    }
}
