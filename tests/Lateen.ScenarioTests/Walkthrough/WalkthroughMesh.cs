using System.Globalization;
using System.Text.RegularExpressions;
using Lateen.ScenarioTests.Mesh;
using Xunit;

namespace Lateen.ScenarioTests.Walkthrough;

/// <summary>One mesh for the scenarios that walk through it: sidecars, exclusions, who talks to whom, the ingress gateway.</summary>
[CollectionDefinition]
public sealed partial class WalkthroughMesh : SandboxMesh, ICollectionFixture<WalkthroughMesh>
{
    protected override string Profile => "default";

    /// <summary>Makes a namespace with sidecars and applies samples to it.</summary>
    internal async Task PrepareAsync(string ns, string[] samples, params string[] deployments)
    {
        await CreateInjectedNamespaceAsync(ns);
        foreach (string sample in samples)
        {
            await ApplyAsync(ns, Sample(sample));
        }

        foreach (string deployment in deployments)
        {
            (await KubectlAsync(["rollout", "status", "-n", ns, "--timeout=50s", $"deployment/{deployment}"])).MustSucceed();
        }
    }

    /// <summary>Where the ingress gateway can be reached, once it runs.</summary>
    internal async Task<string> IngressAddressAsync()
    {
        (await KubectlAsync(["rollout", "status", "-n", "istio-system", "--timeout=50s", "deployment/istio-ingressgateway"])).MustSucceed();
        string address = (await KubectlAsync(
            ["get", "service", "-n", "istio-system", "istio-ingressgateway", "-o", "jsonpath={.status.loadBalancer.ingress[0].ip}"])).MustSucceed().Output;
        return address.Length > 0 ? address : throw new InvalidOperationException("the ingress gateway's service has no address");
    }

    /// <summary>The rules of the nat table in a pod's kernel, in order, with the packets that each has seen.</summary>
    internal async Task<IReadOnlyList<(string Rule, long Packets)>> RulesAsync(string ns, string pod)
    {
        string saved = (await InNetworkOfAsync(ns, pod, "iptables-save", "-t", "nat", "-c")).MustSucceed().Output;
        return [.. Counted().Matches(saved).Select(m => (m.Groups[2].Value, long.Parse(m.Groups[1].Value, CultureInfo.InvariantCulture)))];
    }

    [GeneratedRegex(@"^\[(\d+):\d+\] (-A .*)$", RegexOptions.Multiline)]
    private static partial Regex Counted();
}
