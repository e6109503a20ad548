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

/// <summary>Writes status.conditions (type Reconciled) and validation messages back on VirtualServices and DestinationRules.</summary>
/// <remarks>
/// Latest wins: while a round is under way only the newest state waits. A status that already says the same is not written, so that
/// our own write, seen again by the watch, ends the matter.
/// </remarks>
internal sealed class StatusWriter(KubernetesClient client, TimeProvider time, ILogger logger)
{
    private static readonly Dictionary<string, ResourceType> Types = new()
    {
        ["VirtualService"] = ResourceTypes.VirtualServices,
        ["DestinationRule"] = ResourceTypes.DestinationRules,
    };

    private readonly Channel<Round> _rounds = Channel.CreateBounded<Round>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly ReconcileQueue<ResourceName> _queue = new("status", time, logger);
    private readonly Dictionary<ResourceName, Verdict> _verdicts = [];
    private readonly Lock _lock = new();

    /// <summary>Takes the newest state of all resources.</summary>
    public void Take(ImmutableArray<ResourceState> resources, MeshSnapshot mesh) => _rounds.Writer.TryWrite(new Round(resources, mesh));

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

            current[resource.Name] = new Verdict(
                resource.Meta.Generation, !resource.IsQuarantined, problems.Select(problem => problem.Describe()).ToEquatableArray());
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
            }
        }
    }

    private async Task WriteAsync(ResourceName name, CancellationToken cancellation)
    {
        Verdict? verdict;
        lock (_lock)
        {
            _verdicts.TryGetValue(name, out verdict);
        }

        var type = Types[name.Kind];
        if (verdict is null || await client.FindAsync(type, name.Namespace, name.Name, cancellation) is not { } stored
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
            ["status"] = verdict.InForce ? "True" : "False",
            ["reason"] = verdict.InForce ? "Accepted" : "Invalid",
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

    private static string Message(Verdict verdict) =>
        verdict.Messages.IsEmpty ? "in force" : string.Join("; ", verdict.Messages);

    private static bool Same(JsonNode? status, Verdict verdict)
    {
        var condition = status.Items("conditions").FirstOrDefault(candidate => candidate.Text("type") == "Reconciled");
        return condition is not null
            && status.Number("observedGeneration") == verdict.Generation
            && condition.Text("status") == (verdict.InForce ? "True" : "False")
            && condition.Text("message") == Message(verdict);
    }

    private sealed record Round(ImmutableArray<ResourceState> Resources, MeshSnapshot Mesh);

    private sealed record Verdict(long Generation, bool InForce, EquatableArray<string> Messages);
}
