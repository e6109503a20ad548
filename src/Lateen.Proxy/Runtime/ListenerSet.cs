using Envoy.Config.Listener.V3;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Http;
using Lateen.Proxy.Listeners;
using Lateen.Proxy.Stats;
using Lateen.Proxy.TransportSockets;
using Microsoft.Extensions.Logging;

namespace Lateen.Proxy.Runtime;

/// <summary>Listeners as LDS tells them: opened when their routes are there, changed in place, drained when removed. Used under the server's lock.</summary>
internal sealed class ListenerSet(ProxyRuntime runtime, ILogger logger)
{
    private readonly Dictionary<string, ListenerRuntime> _active = [];
    private readonly Dictionary<string, ListenerConfig> _warming = [];
    private volatile ListenerTable _table = ListenerTable.Empty;

    public ListenerTable Table => _table;

    public long Added { get; private set; }

    public long Modified { get; private set; }

    public long Removed { get; private set; }

    public int WarmingCount => _warming.Count;

    /// <summary>Route configurations by RDS that active and warming listeners want.</summary>
    public IReadOnlyCollection<string> RouteNames => [.. _active.Values.Select(l => l.Config).Concat(_warming.Values)
        .SelectMany(c => c.Routes).Where(r => ReferenceEquals(runtime.RouteOf(r.Name), r)).Select(r => r.Name)
        .Distinct().Order(StringComparer.Ordinal)];

    /// <summary>Secrets that active and warming listeners refer to.</summary>
    public IEnumerable<SecretState> Secrets => _active.Values.Select(l => l.Config).Concat(_warming.Values)
        .SelectMany(c => c.AllChains).SelectMany(c => c.Tls?.Source.Settings.Secrets ?? []);

    public void Put(CompileScope scope, Listener message)
    {
        string name = message.Name;
        ListenerConfig? last = _warming.GetValueOrDefault(name) ?? _active.GetValueOrDefault(name)?.Config;
        ListenerConfig? config = ListenerCompiler.Compile(scope, message, last);
        if (config is null)
        {
            return;
        }
        _warming[name] = config;
        foreach (string problem in ActivateWarm())
        {
            scope.Refuse("address", problem);
        }
    }

    public void Remove(string name)
    {
        _warming.Remove(name);
        if (_active.Remove(name, out ListenerRuntime? listener))
        {
            Removed++;
            listener.Stop();
            Retire(listener.Config, null);
            Publish();
        }
    }

    /// <summary>Puts to work every listener whose routes have come; returns what could not be opened.</summary>
    public IReadOnlyList<string> ActivateWarm()
    {
        List<string> problems = [];
        foreach ((string name, ListenerConfig config) in _warming.Where(w => w.Value.IsWarm).ToList())
        {
            _warming.Remove(name);
            if (Activate(name, config) is { } problem)
            {
                problems.Add(problem);
            }
        }
        Publish();
        return problems;
    }

    public void Stop(bool inboundOnly)
    {
        foreach (ListenerRuntime listener in _active.Values.Where(l => l.Config.IsInbound || !inboundOnly))
        {
            listener.Stop();
        }
    }

    public IReadOnlyList<StatScope> Scopes => [.. _table.All.Select(l => l.Stats)];

    private string? Activate(string name, ListenerConfig config)
    {
        ListenerRuntime? last = _active.GetValueOrDefault(name);
        if (last is not null && last.Config.Address.Equals(config.Address) && last.Config.BindsPort == config.BindsPort
            && last.Config.Transparent == config.Transparent)
        {
            ListenerConfig old = last.Config;
            last.Config = config;
            Retire(old, config);
            Modified++;
            return null;
        }
        ListenerRuntime listener = new(config, runtime.All, () => _table, runtime);
        if (config.BindsPort)
        {
            if (listener.Open() is { } problem)
            {
                return problem;
            }
            ProxyLog.Listening(logger, listener.BoundAddress.ToString(), name);
        }
        _active[name] = listener;
        if (last is not null)
        {
            last.Stop();
            Retire(last.Config, config);
        }
        Added++;
        return null;
    }

    // Connections of chains that are gone close with their next answer; a chain that stayed is the same object, and so are its connections.
    private static void Retire(ListenerConfig old, ListenerConfig? current)
    {
        HashSet<HttpManager> kept = [.. (current?.AllChains ?? []).Select(c => c.Http).OfType<HttpManager>()];
        foreach (Listeners.FilterChain chain in old.AllChains)
        {
            if (chain.Http is { } manager && !kept.Contains(manager))
            {
                manager.IsRetired = true;
            }
        }
    }

    private void Publish() => _table = new ListenerTable(_active.Values);
}
