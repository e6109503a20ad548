using System.Text;
using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Why;

/// <summary>The last requests and sessions of one thread that did not go well, each with its sentence (admin page /why).</summary>
/// <remarks>A ring, and at most <see cref="PerSecond"/> a second: a storm of failures must not cost more than the failures themselves.</remarks>
internal sealed class FailureLog
{
    private const int Kept = 128, PerSecond = 50;

    private readonly string?[] _lines = new string?[Kept];
    private int _next;
    private long _second;
    private int _inSecond;

    /// <summary>Called by the thread that owns it.</summary>
    public void Add(StreamInfo info, ProxyWorker worker)
    {
        long second = worker.Loop.Now / 1000;
        if (second != _second)
        {
            (_second, _inSecond) = (second, 0);
        }
        if (++_inSecond > PerSecond)
        {
            return;
        }
        LogWriter writer = new(stackalloc byte[1024]);
        StartTime.Default(ref writer, info, worker);
        writer.Put((byte)' ');
        if (info.RequestHead is { } head)
        {
            writer.PutText(head.Method);
            writer.Put((byte)' ');
            writer.PutText(head.Get(HttpField.Host));
            writer.PutText(head.Target.Length > 200 ? head.Target[..200] : head.Target);
            writer.Put((byte)' ');
            writer.Put(info.ResponseCode);
        }
        else
        {
            writer.Put("TCP "u8);
            writer.Put(info.DownstreamLocal);
        }
        writer.Put((byte)' ');
        writer.Put(info.Flags.ToText());
        writer.Put(": "u8);
        int before = writer.Length;
        Explanation.Write(ref writer, info, worker);
        if (writer.Length == before)
        {
            writer.Put(info.Details ?? "the upstream answered so");
        }
        Volatile.Write(ref _lines[_next], Encoding.UTF8.GetString(writer.Written));
        _next = (_next + 1) % Kept;
    }

    /// <summary>Safe from any thread; in no order.</summary>
    public IEnumerable<string> Lines() => _lines.OfType<string>();
}
