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

/// <summary>What the writer asks the discovery service.</summary>
/// <param name="Problems">What could not be honoured for the connected proxies.</param>
/// <param name="Applied">For each of them the version of the configuration that it has.</param>
/// <param name="Elsewhere">How many proxies of other replicas have an object since a resource version of it.</param>
internal sealed record StatusSources(
    Func<IEnumerable<ModelProblem>> Problems, Func<IEnumerable<long>> Applied, Func<ResourceName, ulong, DistributionCount> Elsewhere);

/// <summary>
/// Writes status.conditions (type Reconciled) and validation messages back on Istio's resources: what is wrong, who refused it, and how many
/// proxies have it.
/// </summary>
/// <remarks>
/// Latest wins: while a round is under way only the newest state waits. What changed waits for the next look, one second apart, and a little
/// longer while proxies still take it, so that most changes cost one write. A status that already says the same is not written, so that
/// our own write, seen again by the watch, ends the matter. At most twenty objects are dealt with at a look, whatever changes, and those of
/// which something is wrong go first.
/// </remarks>
internal sealed class StatusWriter(KubernetesClient client, StatusSources sources, TimeProvider time, ILogger logger)
{
    private const int LooksBeforeIncomplete = 2;
    private const int LooksBetweenRefreshes = 600;
    private const int ObjectsPerLook = 20;
    private static readonly TimeSpan Look = TimeSpan.FromSeconds(1);

    private static readonly Dictionary<string, ResourceType> Types = ResourceTypes.Istio.ToDictionary(type => type.Kind);

    private readonly Channel<Round> _rounds = Channel.CreateBounded<Round>(new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropOldest });
    private readonly ReconcileQueue<ResourceName> _queue = new("status", time, logger);
    private readonly Dictionary<ResourceName, Judged> _judged = [];
    private readonly Dictionary<ResourceName, SortedDictionary<string, string>> _refusals = [];
    private readonly Dictionary<ResourceName, int> _pending = [];
    private readonly Dictionary<ResourceName, ResourceVerdict> _written = [];
    private readonly TranslationFindings _findings = new();
    private readonly Lock _lock = new();
    private AppliedMarks _applied = new([]);

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
                _pending[of] = 0;
                return;
            }

            foreach (var (known, places) in _refusals.Where(entry => entry.Value.ContainsKey(place)).ToList())
            {
                places.Remove(place);
                if (places.Count == 0)
                {
                    _refusals.Remove(known);
                }

                _pending[known] = 0;
            }
        }
    }

    /// <summary>Writes until cancelled; again from the beginning when it is run again, for somebody else may have written meanwhile.</summary>
    public Task RunAsync(CancellationToken cancellation)
    {
        lock (_lock)
        {
            _written.Clear();
            foreach (var name in _judged.Keys)
            {
                _pending[name] = 0;
            }
        }

        return Task.WhenAll(
            Quietly(() => JudgeAsync(cancellation), cancellation),
            Quietly(() => LookAsync(cancellation), cancellation),
            _queue.RunAsync(WriteAsync, cancellation));
    }

    private static async Task Quietly(Func<Task> part, CancellationToken cancellation)
    {
        try
        {
            await part();
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    private async Task JudgeAsync(CancellationToken cancellation)
    {
        await foreach (var round in _rounds.Reader.ReadAllAsync(cancellation))
        {
            Judge(round);
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Look, time);
        for (var looks = 1; await timer.WaitForNextTickAsync(cancellation); looks++)
        {
            var (problems, applied) = (sources.Problems().ToList(), new AppliedMarks(sources.Applied()));
            lock (_lock)
            {
                _applied = applied;
                foreach (var name in _findings.Take(problems))
                {
                    _pending[name] = 0;
                }

                QueueDue(refresh: looks % LooksBetweenRefreshes == 0);
            }
        }
    }

    private void QueueDue(bool refresh)
    {
        // Proxies come and go: counts of what did not change itself are brought up to date every ten minutes.
        foreach (var (name, written) in refresh ? _written.ToList() : [])
        {
            if (VerdictOf(name) is { } verdict && verdict != written)
            {
                _pending.TryAdd(name, 0);
            }
        }

        var due = _pending.Select(entry => (Name: entry.Key, Looks: entry.Value, Verdict: VerdictOf(entry.Key)))
            .OrderBy(entry => entry.Verdict is { Reason: "Accepted" or "Distributing" })
            .ToList();
        var left = ObjectsPerLook;
        foreach (var (name, looks, verdict) in due)
        {
            // What proxies still take is told when they are slow about it, and once more at the end.
            var isSettled = verdict is not { Reason: "Distributing" };
            if (!isSettled && looks != LooksBeforeIncomplete)
            {
                _pending[name] = looks + 1;
            }
            else if (left > 0)
            {
                left--;
                _queue.Add(name);
                if (isSettled)
                {
                    _pending.Remove(name);
                }
                else
                {
                    _pending[name] = looks + 1;
                }
            }
        }
    }

    private void Judge(Round round)
    {
        var current = new Dictionary<ResourceName, Judged>();
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

            current[resource.Name] = new Judged(
                resource.Meta.Generation, !resource.IsQuarantined, problems.Select(MessageOf).ToEquatableArray(), round.Mesh.Version)
            {
                ResourceVersion = DistributionReport.Version(resource.Meta.ResourceVersion),
                IsUnsupported = unsupported is not null,
            };
        }

        lock (_lock)
        {
            foreach (var (name, judged) in current)
            {
                // What was in force before has been so since then: a later round says nothing new of it.
                if (!_judged.TryGetValue(name, out var known) || known with { Since = judged.Since, ResourceVersion = judged.ResourceVersion } != judged)
                {
                    _judged[name] = known?.Generation == judged.Generation ? judged with { Since = known.Since, ResourceVersion = known.ResourceVersion } : judged;
                    _pending[name] = 0;
                }
            }

            foreach (var name in _judged.Keys.Where(name => !current.ContainsKey(name)).ToList())
            {
                _judged.Remove(name);
                _refusals.Remove(name);
                _pending.Remove(name);
                _written.Remove(name);
            }
        }
    }

    private static StatusMessage MessageOf(ConfigProblem problem) => new(
        problem.Severity switch
        {
            ProblemSeverity.Error => "ERROR",
            ProblemSeverity.Warning => "WARNING",
            _ => "INFO",
        },
        problem.Code,
        problem.Describe());

    // _lock held.
    private ResourceVerdict? VerdictOf(ResourceName name) => !_judged.TryGetValue(name, out var judged) ? null :
        new ResourceVerdict(judged.Generation, judged.InForce, judged.Messages)
        {
            IsUnsupported = judged.IsUnsupported,
            Refusal = _refusals.TryGetValue(name, out var places) ? RefusalText(places) : "",
            NotHonoured = judged.InForce ? _findings.Of(name) : [],
            Distribution = _applied.Since(judged.Since).Plus(sources.Elsewhere(name, judged.ResourceVersion)),
        };

    private async Task WriteAsync(ResourceName name, CancellationToken cancellation)
    {
        ResourceVerdict? verdict;
        lock (_lock)
        {
            verdict = VerdictOf(name);
            if (verdict is null || (_written.TryGetValue(name, out var written) && written == verdict))
            {
                return;
            }
        }

        var type = Types[name.Kind];
        if (await client.FindAsync(type, name.Namespace, name.Name, cancellation) is not { } stored
            || stored.Number("metadata", "generation") != verdict.Generation)
        {
            return;
        }

        if (!StatusDocument.IsSame(stored["status"], verdict))
        {
            try
            {
                var patch = new JsonObject { ["status"] = StatusDocument.Of(verdict, stored["status"], time.GetUtcNow()) };
                await client.PatchAsync(type, new ObjectKey(name.Namespace, name.Name), PatchKind.Merge, patch, cancellation, "status");
            }
            catch (KubernetesApiException exception) when (exception.IsNotFound)
            {
                // Deleted meanwhile.
                return;
            }
        }

        lock (_lock)
        {
            if (_judged.ContainsKey(name))
            {
                _written[name] = verdict;
            }
        }
    }

    private static string RefusalText(SortedDictionary<string, string> places) =>
        $"refused by {places.Count} prox{(places.Count == 1 ? "y" : "ies")}, which keep what they had: {places.First().Key}: {places.First().Value}";

    private sealed record Round(ImmutableArray<ResourceState> Resources, MeshSnapshot Mesh);

    // Since: the version of the mesh that first had this generation.
    private sealed record Judged(long Generation, bool InForce, EquatableArray<StatusMessage> Messages, long Since)
    {
        public bool IsUnsupported { get; init; }

        /// <summary>The one that the object had when this generation was first seen.</summary>
        public ulong ResourceVersion { get; init; }
    }
}
