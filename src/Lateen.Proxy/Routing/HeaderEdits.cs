using Lateen.Net.Http1;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Routing;

/// <summary>What happens when the header is there already (HeaderValueOption.append_action).</summary>
internal enum AppendAction
{
    AppendOrAdd,
    AddIfAbsent,
    OverwriteOrAdd,
    OverwriteIfExists,
}

/// <summary>A header to be added; its value may hold the access log's operators.</summary>
internal sealed record HeaderAddition(byte[] Name, LogFormat Value, byte[]? Fixed, AppendAction Action, bool KeepEmpty);

/// <summary>Headers to be removed and added, one level of a route configuration. Removal comes first.</summary>
internal sealed class HeaderEdits(HeaderAddition[] add, byte[][] remove)
{
    public static readonly HeaderEdits None = new([], []);

    public bool IsEmpty => add.Length == 0 && remove.Length == 0;

    public void Apply(MessageHead head, StreamInfo info, ProxyWorker worker)
    {
        foreach (byte[] name in remove)
        {
            head.Remove(name);
        }
        foreach (HeaderAddition addition in add)
        {
            Add(head, addition, info, worker);
        }
    }

    private static void Add(MessageHead head, HeaderAddition addition, StreamInfo info, ProxyWorker worker)
    {
        ReadOnlySpan<byte> value = addition.Fixed ?? addition.Value.Render(info, worker);
        if (value.IsEmpty && !addition.KeepEmpty)
        {
            return;
        }
        bool exists = head.TryGet(addition.Name, out _);
        switch (addition.Action)
        {
            case AppendAction.AddIfAbsent when exists:
            case AppendAction.OverwriteIfExists when !exists:
                return;
            case AppendAction.OverwriteOrAdd or AppendAction.OverwriteIfExists:
                head.Set(addition.Name, value);
                return;
            default:
                head.Add(addition.Name, value);
                return;
        }
    }
}
