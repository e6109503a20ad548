using System.Collections.Immutable;
using System.Text.Json.Nodes;
using System.Threading.Channels;
using Lateen.Config;
using Lateen.Config.Analysis;
using Lateen.Config.Snapshots;
using Lateen.Config.Sources.Kubernetes;
using Lateen.ControlPlane.Reconcile;
using Lateen.Model;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Status;

/// <summary>Writes status.conditions (type Reconciled) and validation messages back on Istio's resources: what is wrong, or who refused it.</summary>
/// <remarks>
/// Latest wins: while a round is under way only the newest state waits. A status that already says the same is not written, so that
/// our own write, seen again by the watch, ends the matter.
/// </remarks>
internal sealed class StatusWriter(KubernetesClient client, TimeProvider time, ILogger logger)
{
    private static readonly Dictionary<string, ResourceType> Types = new[]
    {
        ResourceTypes.VirtualServices, ResourceTypes.DestinationRules, ResourceTypes.Gateways, ResourceTypes.ServiceEntries,
        ResourceTypes.Sidecars, ResourceTypes.WorkloadEntries, ResourceTypes.WorkloadGroups, ResourceTypes.EnvoyFilters, ResourceTypes.ProxyConfigs,
        ResourceTypes.PeerAuthentications, ResourceTypes.RequestAuthentications, ResourceTypes.AuthorizationPolicies,
        ResourceTypes.Telemetries, ResourceTypes.WasmPlugins,
    }.ToDictionary(type => type.Kind);

    private readonly Channel<Round> _rounds = Channel.CreateBounded<Round>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly ReconcileQueue<ResourceName> _queue = new("status", time, logger);
    private readonly Dictionary<ResourceName, Verdict> _verdicts = [];
    private readonly Dictionary<ResourceName, SortedDictionary<string, string>> _refusals = [];
    private readonly Lock _lock = new();

    /// <summary>Takes the newest state of all resources.</summary>
    public void Take(ImmutableArray<ResourceState> resources, MeshSnapshot mesh) => _rounds.Writer.TryWrite(new Round(resources, mesh));

    /// <summary>A proxy refused what was made of an object; a null object and reason take back what that place refused before.</summary>
    /// <param name="place">The connection and the type of resource.</param>
    public void Refused(ResourceName? name, string place, string? reason)
    {
        lock (_lock)
        {
            if (name is { } of && reason is not null)
            {
                (_refusals.TryGetValue(of, out var refusing) ? refusing : _refusals[of] = new(StringComparer.Ordinal))[place] = reason;
                _queue.Add(of);
                return;
            }

            foreach (var (known, places) in _refusals.Where(entry => entry.Value.ContainsKey(place)).ToList())
            {
                places.Remove(place);
                if (places.Count == 0)
                {
                    _refusals.Remove(known);
                }

                _queue.Add(known);
            }
        }
    }

    /// <summary>Writes until cancelled.</summary>
    public Task RunAsync(CancellationToken cancellation) =>
        Task.WhenAll(JudgeAsync(cancellation), _queue.RunAsync(WriteAsync, cancellation));

    private async Task JudgeAsync(CancellationToken cancellation)
    {
        try
        {
            await foreach (var round in _rounds.Reader.ReadAllAsync(cancellation))
            {
                Judge(round);
            }
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private void Judge(Round round)
    {
        var current = new Dictionary<ResourceName, Verdict>();
        foreach (var resource in round.Resources)
        {
            if (!Types.ContainsKey(resource.Meta.Kind))
            {
                continue;
            }

            var problems = resource.Problems.ToList();
            if (!resource.IsQuarantined && resource.InForce is { } config)
            {
                problems.AddRange(ReferenceCheck.Of(config, round.Mesh));
            }

            // What nobody honours is not in force, however right it is.
            var unsupported = resource.IsQuarantined || resource.InForce is null ? null : SupportCheck.Of(resource.InForce);
            if (unsupported is not null)
            {
                problems.Add(unsupported);
            }

            current[resource.Name] = new Verdict(
                resource.Meta.Generation, !resource.IsQuarantined, problems.Select(problem => problem.Describe()).ToEquatableArray())
            {
                IsUnsupported = unsupported is not null,
            };
        }

        lock (_lock)
        {
            foreach (var (name, verdict) in current)
            {
                if (!_verdicts.TryGetValue(name, out var known) || known != verdict)
                {
                    _verdicts[name] = verdict;
                    _queue.Add(name);
                }
            }

            foreach (var name in _verdicts.Keys.Where(name => !current.ContainsKey(name)).ToList())
            {
                _verdicts.Remove(name);
                _refusals.Remove(name);
            }
        }
    }

    private async Task WriteAsync(ResourceName name, CancellationToken cancellation)
    {
        Verdict? verdict;
        lock (_lock)
        {
            _verdicts.TryGetValue(name, out verdict);
            verdict = verdict is not null && _refusals.TryGetValue(name, out var places) ? verdict with { Refusal = Refusal(places) } : verdict;
        }

        if (!Types.TryGetValue(name.Kind, out var type) || verdict is null || await client.FindAsync(type, name.Namespace, name.Name, cancellation) is not { } stored
            || stored.Number("metadata", "generation") != verdict.Generation)
        {
            return;
        }

        if (Same(stored["status"], verdict))
        {
            return;
        }

        try
        {
            var patch = new JsonObject { ["status"] = StatusOf(verdict) };
            await client.PatchAsync(type, new ObjectKey(name.Namespace, name.Name), PatchKind.Merge, patch, cancellation, "status");
        }
        catch (KubernetesApiException exception) when (exception.IsNotFound)
        {
            // Deleted meanwhile.
        }
    }

    private JsonObject StatusOf(Verdict verdict) => new()
    {
        ["observedGeneration"] = verdict.Generation,
        ["conditions"] = new JsonArray(new JsonObject
        {
            ["type"] = "Reconciled",
            ["status"] = verdict.IsReconciled ? "True" : "False",
            ["reason"] = verdict.Refusal.Length > 0 ? "Refused" : verdict.IsUnsupported ? "Unsupported" : verdict.InForce ? "Accepted" : "Invalid",
            ["message"] = Message(verdict),
            ["lastTransitionTime"] = time.GetUtcNow().ToString("yyyy-MM-ddTHH:mm:ssZ", System.Globalization.CultureInfo.InvariantCulture),
        }),
        ["validationMessages"] = new JsonArray([.. verdict.Messages.Select(message => (JsonNode)new JsonObject
        {
            ["level"] = verdict.InForce ? "WARNING" : "ERROR",
            ["type"] = new JsonObject { ["code"] = verdict.InForce ? "IST0101" : "IST0106" },
            ["message"] = message,
        })]),
    };

    private static string Refusal(SortedDictionary<string, string> places) =>
        $"refused by {places.Count} prox{(places.Count == 1 ? "y" : "ies")}, which keep what they had: {places.First().Key}: {places.First().Value}";

    private static string Message(Verdict verdict) =>
        verdict.Refusal.Length > 0 ? verdict.Refusal : verdict.Messages.IsEmpty ? "in force" : string.Join("; ", verdict.Messages);

    private static bool Same(JsonNode? status, Verdict verdict)
    {
        var condition = status.Items("conditions").FirstOrDefault(candidate => candidate.Text("type") == "Reconciled");
        return condition is not null
            && status.Number("observedGeneration") == verdict.Generation
            && condition.Text("status") == (verdict.IsReconciled ? "True" : "False")
            && condition.Text("message") == Message(verdict);
    }

    private sealed record Round(ImmutableArray<ResourceState> Resources, MeshSnapshot Mesh);

    private sealed record Verdict(long Generation, bool InForce, EquatableArray<string> Messages)
    {
        public string Refusal { get; init; } = "";

        /// <summary>Right, and honoured by no proxy of the mesh.</summary>
        public bool IsUnsupported { get; init; }

        public bool IsReconciled => InForce && !IsUnsupported && Refusal.Length == 0;
    }
}
