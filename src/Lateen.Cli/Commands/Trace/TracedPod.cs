using System.Net;
using System.Text.Json.Nodes;
using Lateen.Config.Sources.Kubernetes;
using Lateen.Interception.Evaluation;

namespace Lateen.Cli.Commands.Trace;

/// <summary>What a trace needs to know of a pod.</summary>
internal sealed class TracedPod
{
    private const string Sidecar = "istio-proxy";
    private static readonly string[] RuleMakers = ["istio-init", "istio-validation"];

    private readonly JsonObject _pod;

    /// <exception cref="CommandException">The arguments of its init container are not those of istio-iptables.</exception>
    public TracedPod(JsonObject pod)
    {
        _pod = pod;
        Kernel = KernelOf(pod, [.. Addresses(pod)]);
    }

    public ObjectKey Key => ObjectKey.Of(_pod);

    public PodKernel Kernel { get; }

    /// <summary>Its main address; null while it has none.</summary>
    public IPAddress? Address => Addresses(_pod).FirstOrDefault();

    public bool HasProxy => Containers().Any(c => c.Text("name") == Sidecar);

    /// <summary>Whether its proxy is a gateway: it listens itself, nothing is captured for it.</summary>
    public bool IsGateway => Containers().Any(c => c.Text("name") == Sidecar && c.Texts("args").Contains("router"));

    /// <summary>Whether a cluster speaks mutual TLS with it.</summary>
    public bool TakesMutualTls => _pod.Labels().Text("security.istio.io/tlsMode") == "istio";

    /// <summary>The container that sends the request: the one named, else the first that is no proxy.</summary>
    /// <exception cref="CommandException">There is no such container.</exception>
    public string Container(string? named) =>
        Containers().Select(c => c.Text("name")).FirstOrDefault(n => named is null ? n != Sidecar : n == named)
        ?? throw new CommandException(named is null
            ? $"pod {Key} has no container beside its proxy"
            : $"container {named} is not in pod {Key}; it has {string.Join(", ", Containers().Select(c => c.Text("name")))}");

    /// <summary>The user that a container runs as; 0 where the manifest leaves it to the image.</summary>
    public uint UserOf(string container)
    {
        JsonObject? own = Containers().FirstOrDefault(c => c.Text("name") == container);
        return (uint)(own.Number("securityContext", "runAsUser") ?? _pod.Number("spec", "securityContext", "runAsUser") ?? 0);
    }

    public bool HasAddress(IPAddress address) => Addresses(_pod).Contains(address);

    /// <summary>Whether a service selects it.</summary>
    public bool IsSelectedBy(JsonObject service)
    {
        KeyValuePair<string, string>[] selector = [.. service.Pairs("spec", "selector")];
        return selector.Length > 0 && service.Namespace() == Key.Namespace && selector.All(s => _pod.Labels().Text(s.Key) == s.Value);
    }

    /// <summary>The number of a port that a service's targetPort names or gives.</summary>
    public int? PortOf(JsonObject servicePort)
    {
        string name = servicePort.Text("targetPort");
        return (int?)(name.Length > 0
            ? Containers().SelectMany(c => c.Items("ports")).FirstOrDefault(p => p.Text("name") == name).Number("containerPort")
            : servicePort.Number("targetPort") ?? servicePort.Number("port"));
    }

    private static IEnumerable<IPAddress> Addresses(JsonObject pod) =>
        pod.Items("status", "podIPs").Select(i => i.Text("ip")).Append(pod.Text("status", "podIP")).Distinct()
            .Select(t => IPAddress.TryParse(t, out IPAddress? address) ? address : null).OfType<IPAddress>();

    private static PodKernel KernelOf(JsonObject pod, IPAddress[] addresses)
    {
        JsonObject? maker = pod.Items("spec", "initContainers").FirstOrDefault(c => RuleMakers.Contains(c.Text("name")));
        if (maker is null)
        {
            return PodKernel.Plain(addresses);
        }

        string[] arguments = [.. maker.Texts("args").SkipWhile(a => a == "istio-iptables")];
        try
        {
            return PodKernel.Of(arguments, maker.Items("env").ToDictionary(e => e.Text("name"), e => e.Text("value")), addresses);
        }
        catch (FormatException e)
        {
            throw new CommandException($"pod {ObjectKey.Of(pod)}, init container {maker.Text("name")}: {e.Message}", e);
        }
    }

    // Native sidecars stand among the init containers.
    private IEnumerable<JsonObject> Containers() => _pod.Items("spec", "containers").Concat(_pod.Items("spec", "initContainers").Where(c => c.Text("restartPolicy") == "Always"));
}
