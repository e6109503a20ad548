using System.Text;
using Envoy.Config.Core.V3;
using Envoy.Extensions.Filters.Network.HttpConnectionManager.V3;
using Lateen.Proxy.AccessLog;
using Lateen.Proxy.Http;

namespace Lateen.Proxy.Compile;

/// <summary>LocalReplyConfig to <see cref="LocalReplies"/>.</summary>
internal static class LocalReplyCompiler
{
    public static LocalReplies? Compile(CompileScope scope, LocalReplyConfig? config, string path) => config is null ? null : new LocalReplies(
        [.. config.Mappers.Select((m, i) => Mapper(scope, m, $"{path}.mappers[{i}]"))], Format(scope, config.BodyFormat, path + ".body_format"));

    private static ReplyMapper Mapper(CompileScope scope, ResponseMapper mapper, string path)
    {
        if (mapper.Filter is null)
        {
            scope.Refuse(path + ".filter", "must be set");
        }
        if (mapper.StatusCode is < 200 or > 599)
        {
            scope.Refuse(path + ".status_code", $"{mapper.StatusCode} must be 200 to 599");
        }
        return new ReplyMapper(
            mapper.Filter is null ? null : AccessLogFilterCompiler.Compile(scope, mapper.Filter, path + ".filter"),
            (int?)mapper.StatusCode,
            Body(scope, mapper.Body, path + ".body"),
            Format(scope, mapper.BodyFormatOverride, path + ".body_format_override"),
            RouteCompiler.Edits(scope, mapper.HeadersToAdd, [], path + ".headers_to_add"));
    }

    private static byte[]? Body(CompileScope scope, DataSource? source, string path)
    {
        switch (source?.SpecifierCase)
        {
            case null or DataSource.SpecifierOneofCase.None:
                return null;
            case DataSource.SpecifierOneofCase.InlineString:
                return Encoding.UTF8.GetBytes(source.InlineString);
            case DataSource.SpecifierOneofCase.InlineBytes:
                return source.InlineBytes.ToByteArray();
            default:
                scope.Refuse(path, "only inline_string and inline_bytes are supported");
                return null;
        }
    }

    private static ReplyFormat? Format(CompileScope scope, SubstitutionFormatString? format, string path)
    {
        if (format is null)
        {
            return null;
        }
        (LogFormat? text, JsonLog? json) = LogFormatCompiler.Compile(scope, format, path);
        string type = format.ContentType.Length > 0 ? format.ContentType : json is null ? "text/plain" : "application/json";
        return text is null && json is null ? null : new ReplyFormat(text, json, Encoding.ASCII.GetBytes(type));
    }
}
