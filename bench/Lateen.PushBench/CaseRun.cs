using System.Globalization;
using System.Text.Json.Nodes;
using Google.Protobuf;
using Lateen.Api;
using Lateen.Config;
using Lateen.Config.Decoding;
using Lateen.Config.Decoding.Istio;
using Lateen.Config.Decoding.Kubernetes;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Files;
using Lateen.Model;
using Lateen.Model.Mesh;
using Lateen.Model.Workloads;
using Lateen.Translation;
using Lateen.Translation.Secrets;

namespace Lateen.PushBench;

/// <summary>How fast the resources of a case are made from nothing, without what a control plane remembers: one proxy, one thread.</summary>
internal static class CaseRun
{
    private const int LeastRuns = 5;
    private const double LeastSeconds = 0.5;
    private const string Header = "time\tmachine\tcase\ttype\tresources\tkb_per_message\tresources_per_cpu_s\tallocated_kb_per_message";

    /// <summary>Measures all cases, prints them and adds them to a table.</summary>
    /// <param name="results">Null for none.</param>
    public static void Run(string? results)
    {
        var rows = new List<string>();
        foreach (var each in TranslationCase.All)
        {
            Measure(each, rows);
        }

        foreach (var count in (ReadOnlySpan<int>)[10, 1000])
        {
            Secrets(count, rows);
        }

        if (results is not null)
        {
            var begin = string.Create(CultureInfo.InvariantCulture, $"{DateTime.UtcNow:yyyy-MM-ddTHH:mm:ssZ}\t{Environment.ProcessorCount} cores\t");
            File.AppendAllLines(results, [.. File.Exists(results) ? Enumerable.Empty<string>() : [Header], .. rows.Select(row => begin + row)]);
        }
    }

    private static void Measure(TranslationCase each, List<string> rows)
    {
        var changes = Read(each.Yaml());
        MeshSnapshot Build()
        {
            var state = new MeshState("cluster.local", "Kubernetes", ControlPlaneSettings.Default);
            changes.ForEach(change => change(state));
            return state.Build().Snapshot;
        }

        rows.Add(Time(each.Name, "snapshot", () => (changes.Count, Build().Index.Services.Count)));
        var mesh = Build();
        var proxy = Proxy(each.IsGateway);
        var endpoints = each.Name.StartsWith("endpoints", StringComparison.Ordinal);
        (string Type, string Name)[] types = endpoints
            ? [(TypeUrls.ClusterLoadAssignment, "EDS")]
            : [(TypeUrls.Cluster, "CDS"), (TypeUrls.ClusterLoadAssignment, "EDS"), (TypeUrls.Listener, "LDS"), (TypeUrls.RouteConfiguration, "RDS"), (TypeUrls.NameTable, "NDS")];
        var clusters = Make(mesh, proxy, TypeUrls.Cluster, []);
        var assigned = clusters.Select(resource => resource.Name).Where(name => name.StartsWith("outbound|", StringComparison.Ordinal)).ToEquatableArray();
        var routes = Make(mesh, proxy, TypeUrls.Listener, []).SelectMany(RouteNames).Distinct().ToEquatableArray();
        foreach (var (type, name) in types)
        {
            var names = type == TypeUrls.ClusterLoadAssignment ? assigned : type == TypeUrls.RouteConfiguration ? routes : [];
            if ((names.IsEmpty && type is TypeUrls.ClusterLoadAssignment or TypeUrls.RouteConfiguration) || (each.IsGateway && type == TypeUrls.NameTable))
            {
                continue;
            }

            rows.Add(Time(each.Name, name, () =>
            {
                var made = Make(mesh, proxy, type, names);
                return (made.Count, made.Sum(resource => resource.Parts.Sum(part => part.Length)));
            }));
        }
    }

    private static void Secrets(int count, List<string> rows)
    {
        var stored = Enumerable.Range(0, count).ToDictionary(
            i => $"sds-credential-{i}",
            i => new CredentialSecret("istio-system", $"sds-credential-{i}", new Dictionary<string, byte[]> { ["tls.crt"] = new byte[1800], ["tls.key"] = new byte[1700] }));
        foreach (var secret in stored.Values)
        {
            secret.Data.Values.ToList().ForEach(data => data.AsSpan().Fill((byte)'x'));
        }

        rows.Add(Time($"secrets-{count}", "SDS", () =>
        {
            var bytes = 0;
            foreach (var name in stored.Keys)
            {
                var parsed = SecretName.Parse($"kubernetes://istio-system/{name}", "istio-system")!;
                bytes += SecretResources.Build(parsed, (_, key) => stored.GetValueOrDefault(key)).Secret!.ToByteString().Length;
            }

            return (count, bytes);
        }));
    }

    private static string Time(string name, string type, Func<(int Resources, int Bytes)> make)
    {
        for (var i = 0; i < LeastRuns; i++)
        {
            make();
        }

        var (runs, result) = (0, make());
        var allocated = GC.GetAllocatedBytesForCurrentThread();
        var begin = Environment.CpuUsage.TotalTime;
        double seconds;
        do
        {
            result = make();
            runs++;
            seconds = (Environment.CpuUsage.TotalTime - begin).TotalSeconds;
        }
        while (runs < LeastRuns || seconds < LeastSeconds);

        allocated = (GC.GetAllocatedBytesForCurrentThread() - allocated) / runs;
        var row = string.Create(
            CultureInfo.InvariantCulture,
            $"{name}\t{type}\t{result.Resources}\t{result.Bytes / 1000.0:0.0}\t{result.Resources * runs / seconds:0}\t{allocated / 1000.0:0.0}");
        Console.WriteLine(row);
        return row;
    }

    private static IReadOnlyList<NamedResource> Make(MeshSnapshot mesh, ProxyNode proxy, string type, EquatableArray<string> names) =>
        ProxyTranslator.Translate(new TranslationRequest(mesh, proxy, type, names)).Resources;

    // Every Rds message of the managers in a listener; names are read out of the packed filters.
    private static IEnumerable<string> RouteNames(NamedResource listener) =>
        Envoy.Config.Listener.V3.Listener.Parser.ParseFrom(listener.Resource.Value).FilterChains
            .SelectMany(chain => chain.Filters)
            .Where(filter => filter.TypedConfig?.TypeUrl.EndsWith(".HttpConnectionManager", StringComparison.Ordinal) == true)
            .Select(filter => Envoy.Extensions.Filters.Network.HttpConnectionManager.V3.HttpConnectionManager.Parser.ParseFrom(filter.TypedConfig.Value))
            .Where(manager => manager.Rds is not null)
            .Select(manager => manager.Rds.RouteConfigName);

    private static List<Action<MeshState>> Read(string yaml)
    {
        var problems = new List<ConfigProblem>();
        var changes = new List<Action<MeshState>>();
        foreach (var document in ConfigText.Read(yaml, null, "default", problems))
        {
            if (document.Resource.Kind == "Service")
            {
                var service = ServiceDecoder.Read((JsonObject)JsonTree.ToJson(document.Node)!, "cluster.local", "Kubernetes");
                changes.Add(state => state.Upsert(service));
                continue;
            }

            var decoded = IstioDecoder.Decode(document.Node);
            if (!decoded.IsValid)
            {
                throw new InvalidOperationException(string.Join('\n', decoded.Problems));
            }

            changes.Add(state => state.Upsert(decoded.Value!.Meta, decoded.Value, decoded.Problems));
        }

        return problems.Count == 0 ? changes : throw new InvalidOperationException(string.Join('\n', problems));
    }

    private static ProxyNode Proxy(bool isGateway) => new()
    {
        Id = "v0.default",
        Type = isGateway ? ProxyType.Router : ProxyType.Sidecar,
        Addresses = ["1.1.1.1"],
        DnsDomain = "default.svc.cluster.local",
        Namespace = "default",
        ClusterId = "Kubernetes",
        IstioVersion = "1.19.3",
        Labels = new[] { KeyValuePair.Create("app", "svc-0"), KeyValuePair.Create("istio", "ingressgateway") }.ToEquatableMap(),
    };
}
