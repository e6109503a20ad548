using Lateen.ControlPlane.Debug;
using Lateen.ControlPlane.Watch;
using Lateen.Model;
using Lateen.Model.Policies;
using Microsoft.Extensions.Logging;

namespace Lateen.ControlPlane.Jwks;

/// <summary>Fetches the key sets that RequestAuthentications name, and keeps them fresh, so that proxies get them with their configuration.</summary>
/// <remarks>
/// Istio: the control plane fetches, every 20 minutes anew. A set that can not be fetched is tried again after five seconds, then after twice
/// that, at most a minute; the last good one stays in force meanwhile. One fetch at a time: a slow server delays others by its time limit.
/// </remarks>
internal sealed class KeySetFetcher(Func<MeshSnapshot> current, KeySetSource source, MeshWriter writer, EventCounters events, TimeProvider time, ILogger logger)
{
    private static readonly TimeSpan Pause = TimeSpan.FromMilliseconds(500);
    private static readonly TimeSpan Refresh = TimeSpan.FromMinutes(20);
    private static readonly TimeSpan FirstRetry = TimeSpan.FromSeconds(5);
    private static readonly TimeSpan LongestRetry = TimeSpan.FromMinutes(1);

    private readonly Dictionary<string, Entry> _entries = [];
    private EquatableArray<RequestAuthenticationConfig> _policies;

    /// <summary>Fetches until cancelled.</summary>
    public async Task RunAsync(CancellationToken cancellation)
    {
        using var timer = new PeriodicTimer(Pause, time);
        try
        {
            do
            {
                await RoundAsync(cancellation);
            }
            while (await timer.WaitForNextTickAsync(cancellation));
        }
        catch (OperationCanceledException) when (cancellation.IsCancellationRequested)
        {
            // Asked to stop.
        }
    }

    /// <summary>Fetches what is due; what came is handed to the writer.</summary>
    public async Task RoundAsync(CancellationToken cancellation)
    {
        var changed = Follow(current().Index.RequestAuthentications);
        foreach (var (key, entry) in _entries)
        {
            if (entry.DueAt <= time.GetUtcNow())
            {
                changed |= await FetchAsync(key, entry, cancellation);
            }
        }

        if (changed)
        {
            var sets = _entries.Where(e => e.Value.Keys is not null).Select(e => KeyValuePair.Create(e.Key, e.Value.Keys!)).ToEquatableMap();
            writer.Post(state => state.SetKeySets(sets));
        }
    }

    /// <summary>Takes up new sources and drops those that nobody names any more; true when one was dropped.</summary>
    private bool Follow(EquatableArray<RequestAuthenticationConfig> policies)
    {
        if (policies == _policies)
        {
            return false;
        }

        _policies = policies;
        var wanted = policies.SelectMany(policy => policy.JwtRules).Where(rule => rule.Jwks.Length == 0).ToLookup(rule => rule.KeySource);
        var dropped = _entries.Keys.Where(key => !wanted.Contains(key)).ToList();
        dropped.ForEach(key => _entries.Remove(key));
        foreach (var rules in wanted)
        {
            _entries.TryAdd(rules.Key, new Entry { IsIssuer = rules.All(rule => rule.JwksUri.Length == 0) });
        }

        return dropped.Count > 0;
    }

    private async Task<bool> FetchAsync(string key, Entry entry, CancellationToken cancellation)
    {
        var (keys, problem) = await source.FetchAsync(key, entry.IsIssuer, cancellation);
        events.Count(keys is null ? EventCounters.KeySetsNotFetched : EventCounters.KeySetsFetched);
        if (keys is null)
        {
            entry.Retry = entry.Retry == default ? FirstRetry : entry.Retry * 2 < LongestRetry ? entry.Retry * 2 : LongestRetry;
            entry.DueAt = time.GetUtcNow() + entry.Retry;
            JwksLog.FetchFailed(logger, key, problem, entry.Retry.TotalSeconds);
            return false;
        }

        entry.Retry = default;
        entry.DueAt = time.GetUtcNow() + Refresh;
        if (entry.Keys == keys)
        {
            return false;
        }

        entry.Keys = keys;
        JwksLog.Fetched(logger, key);
        return true;
    }

    private sealed class Entry
    {
        /// <summary>The key is an issuer: its OpenID configuration names the address.</summary>
        public bool IsIssuer { get; init; }

        public string? Keys { get; set; }

        public DateTimeOffset DueAt { get; set; }

        public TimeSpan Retry { get; set; }
    }
}
