using Lateen.Net.Sockets;
using Lateen.Proxy.Compile;
using Lateen.Proxy.Stats;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Listeners;

/// <summary>Statistics below <c>connection_limit.&lt;stat_prefix&gt;.</c></summary>
internal enum ConnectionLimitStat
{
    ActiveConnections, LimitedConnections,
}

/// <summary>How many connections a filter chain may have at a time over all threads (envoy.filters.network.connection_limit).</summary>
internal sealed class ConnectionLimit(ulong maximum, long delayMilliseconds, StatScope stats)
{
    private long _active;

    /// <summary>Null if the filter is switched off, and after a problem.</summary>
    public static ConnectionLimit? Compile(CompileScope scope, Envoy.Extensions.Filters.Network.ConnectionLimit.V3.ConnectionLimit? filter, string path)
    {
        if (filter is null || filter.RuntimeEnabled is { DefaultValue: false })
        {
            return null;
        }
        if (filter.StatPrefix.Length == 0)
        {
            scope.Refuse(path + ".stat_prefix", "must not be empty");
        }
        if (filter.MaxConnections is not { } maximum || maximum < 1)
        {
            scope.Refuse(path + ".max_connections", "must be set to 1 or more");
            return null;
        }
        return new ConnectionLimit(
            maximum, CompileScope.Milliseconds(filter.Delay, 0), scope.Host.StatsOf($"connection_limit.{filter.StatPrefix}.", StatNames.ConnectionLimit));
    }

    /// <summary>Counts a connection in; false if there are as many as there may be, and it is not counted.</summary>
    public bool TryEnter(int worker)
    {
        StatBlock block = stats.For(worker);
        if ((ulong)Interlocked.Increment(ref _active) > maximum)
        {
            Interlocked.Decrement(ref _active);
            block.Values[(int)ConnectionLimitStat.LimitedConnections]++;
            return false;
        }
        block.Values[(int)ConnectionLimitStat.ActiveConnections]++;
        return true;
    }

    public void Leave(int worker)
    {
        Interlocked.Decrement(ref _active);
        stats.For(worker).Values[(int)ConnectionLimitStat.ActiveConnections]--;
    }

    /// <summary>Closes a connection that was not let in, after the delay that keeps its client from coming again at once.</summary>
    public void Refuse(ProxyWorker worker, int fd, DownstreamConnection connection)
    {
        DelayedClose close = new(worker, fd, connection);
        if (delayMilliseconds > 0)
        {
            worker.Loop.ArmTimer(close, delayMilliseconds);
        }
        else
        {
            close.OnTimer();
        }
    }

    // Nothing is read meanwhile: what the client sends stays in the kernel.
    private sealed class DelayedClose(ProxyWorker worker, int fd, DownstreamConnection connection) : LoopTimer
    {
        public override void OnTimer()
        {
            SocketCalls.Close(fd);
            connection.Listener.OnConnectionClosed(worker, connection);
        }
    }
}
