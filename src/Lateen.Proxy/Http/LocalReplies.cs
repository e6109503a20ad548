using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Routing;
using Lateen.Proxy.Workers;

namespace Lateen.Proxy.Http;

/// <summary>How a connection manager changes its own answers (HttpConnectionManager.local_reply_config), compiled. Immutable.</summary>
/// <param name="Mappers">The first whose condition holds is applied.</param>
/// <param name="Body">body_format; null: bodies stay as they are.</param>
internal sealed record LocalReplies(ReplyMapper[] Mappers, ReplyFormat? Body)
{
    public ReplyMapper? Find(StreamInfo info, ProxyWorker worker)
    {
        foreach (ReplyMapper mapper in Mappers)
        {
            if (mapper.Condition is null || mapper.Condition(info, worker))
            {
                return mapper;
            }
        }
        return null;
    }
}

/// <summary>One ResponseMapper.</summary>
internal sealed record ReplyMapper(LogCondition? Condition, int? Status, byte[]? Body, ReplyFormat? Format, HeaderEdits Edits);

/// <summary>How the body of an answer is written.</summary>
internal sealed record ReplyFormat(LogFormat? Text, JsonLog? Json, byte[] ContentType)
{
    private const int LongestBody = 16 * 1024;

    /// <summary>The body; cut where it would be longer than 16 KiB.</summary>
    public byte[] Render(StreamInfo info, ProxyWorker worker)
    {
        byte[] buffer = new byte[LongestBody];
        LogWriter writer = new(buffer);
        _ = Text?.TryWrite(ref writer, info, worker) ?? Json!.TryWrite(ref writer, info, worker);
        return writer.Written.ToArray();
    }
}
