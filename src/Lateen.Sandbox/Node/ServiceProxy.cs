using System.Net;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Sandbox.Controllers;
using Lateen.Sandbox.Network;

namespace Lateen.Sandbox.Node;

/// <summary>Keeps the kernel's service rules in the node's namespace in step with Services and EndpointSlices.</summary>
internal sealed class ServiceProxy
{
    private static readonly TimeSpan Retry = TimeSpan.FromSeconds(1);

    private readonly NodeContext _node;
    private readonly ObjectCache _services;
    private readonly ObjectCache _slices;
    private readonly ChangeSignal _changes = new();
    private string _written = "";

    public ServiceProxy(NodeContext node)
    {
        _node = node;
        _services = node.Cache.Of(ResourceTypes.Services);
        _slices = node.Cache.Of(ResourceTypes.EndpointSlices);
        _services.Subscribe(_changes);
        _slices.Subscribe(_changes);
    }

    /// <summary>Writes the rules at every change, until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        while (!cancellation.IsCancellationRequested)
        {
            Task change = _changes.Next;
            try
            {
                await WriteAsync(cancellation);
                await change.WaitAsync(cancellation);
            }
            catch (CommandException error)
            {
                NodeLog.RulesNotWritten(_node.Logger, error.Message);
                await Task.Delay(Retry, _node.Time, cancellation).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
            {
                return;
            }
        }
    }

    /// <summary>The ports of all services that have a ClusterIP, with their ready endpoints and the other addresses that lead to them.</summary>
    internal static IEnumerable<ServiceTarget> Targets(IEnumerable<JsonObject> services, IEnumerable<JsonObject> slices)
    {
        ILookup<ObjectKey, JsonObject> byService = slices.ToLookup(
            slice => new ObjectKey(slice.Namespace(), slice.Labels().Text(EndpointSliceBuilder.ServiceLabel)));
        foreach (JsonObject service in services)
        {
            // Headless services have no address to rewrite, ExternalName services none at all.
            if (!IPAddress.TryParse(service.Text("spec", "clusterIP"), out IPAddress? address))
            {
                continue;
            }

            ObjectKey key = ObjectKey.Of(service);
            IPAddress[] external = [.. External(service)];
            foreach (JsonObject port in service.Items("spec", "ports"))
            {
                string name = port.Text("name");
                string protocol = port.Text("protocol") is { Length: > 0 } given ? given : "TCP";
                IPEndPoint[] endpoints = [.. byService[key].SelectMany(slice => Endpoints(slice, name, protocol)).Distinct()];
                yield return new ServiceTarget(
                    $"{key}:{(name.Length > 0 ? name : port.Number("port"))}", address, protocol.ToLowerInvariant(), (int)(port.Number("port") ?? 0), endpoints)
                {
                    External = external,
                    NodePort = (int)(port.Number("nodePort") ?? 0),
                };
            }
        }
    }

    private static IEnumerable<IPAddress> External(JsonObject service)
    {
        foreach (string text in service.Items("status", "loadBalancer", "ingress").Select(i => i.Text("ip")).Concat(service.Texts("spec", "externalIPs")))
        {
            if (IPAddress.TryParse(text, out IPAddress? address))
            {
                yield return address;
            }
        }
    }

    private static IEnumerable<IPEndPoint> Endpoints(JsonObject slice, string name, string protocol)
    {
        JsonObject? port = slice.Items("ports").FirstOrDefault(candidate => candidate.Text("name") == name
            && (candidate.Text("protocol") is { Length: > 0 } given ? given : "TCP") == protocol);
        if (port.Number("port") is not { } number)
        {
            yield break;
        }

        foreach (JsonObject endpoint in slice.Items("endpoints"))
        {
            // EndpointConditions.ready: an unknown state counts as ready.
            bool ready = endpoint.At("conditions", "ready") is null || endpoint.Flag("conditions", "ready");
            if (ready && IPAddress.TryParse(endpoint.Texts("addresses").FirstOrDefault(), out IPAddress? address))
            {
                yield return new IPEndPoint(address, (int)number);
            }
        }
    }

    private async Task WriteAsync(CancellationToken cancellation)
    {
        string rules = ServiceRules.Build(_node.Options.Network, Targets(_services.All, _slices.All));
        if (rules == _written)
        {
            return;
        }

        string ns = $"--net=/run/netns/{_node.Options.Network.NodeNamespace}";
        await _node.Runner.RequireAsync(new Command("nsenter", ns, "iptables-restore") { Input = rules }, cancellation);
        _written = rules;
    }
}
