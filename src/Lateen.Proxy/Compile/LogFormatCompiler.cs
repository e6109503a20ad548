using Envoy.Config.Core.V3;
using Lateen.Proxy.AccessLog;

namespace Lateen.Proxy.Compile;

/// <summary>envoy.config.core.v3.SubstitutionFormatString: text or JSON with operators.</summary>
internal static class LogFormatCompiler
{
    /// <summary>One of the two, Envoy's default line without a format; neither after a problem.</summary>
    public static (LogFormat? Text, JsonLog? Json) Compile(CompileScope scope, SubstitutionFormatString? format, string path)
    {
        if (format?.FormatCase == SubstitutionFormatString.FormatOneofCase.JsonFormat)
        {
            return (null, JsonLogCompiler.Compile(scope, format.JsonFormat, path + ".json_format"));
        }
        string source = format?.FormatCase switch
        {
            SubstitutionFormatString.FormatOneofCase.TextFormat => format.TextFormat,
            SubstitutionFormatString.FormatOneofCase.TextFormatSource => format.TextFormatSource.InlineString,
            _ => LogFormat.Envoy,
        };
        LogFormat? text = LogFormat.Parse(source, format?.OmitEmptyValues ?? false, out string? error);
        if (text is null)
        {
            scope.Refuse(path, error!);
        }
        return (text, null);
    }
}
