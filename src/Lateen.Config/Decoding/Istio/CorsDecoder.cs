using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads CorsPolicy.</summary>
internal static class CorsDecoder
{
    private static readonly string[] Methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "CONNECT", "OPTIONS", "TRACE"];

    public static CorsPolicy Read(ObjectReader cors)
    {
        var maxAge = cors["maxAge"].Duration();
        if (maxAge is { } age && (age.Ticks % TimeSpan.TicksPerSecond != 0 || age < TimeSpan.FromSeconds(1)))
        {
            cors["maxAge"].Problem("maxAge counts whole seconds and is at least 1s");
        }

        return new CorsPolicy
        {
            AllowOrigin = cors["allowOrigin"].Texts(),
            AllowOrigins = cors["allowOrigins"].Messages(ReadOrigin),
            AllowMethods = cors["allowMethods"].List(Method),
            AllowHeaders = cors["allowHeaders"].List(Header),
            ExposeHeaders = cors["exposeHeaders"].List(Header),
            MaxAge = maxAge,
            AllowCredentials = cors["allowCredentials"].Boolean(),
        };
    }

    private static StringMatch ReadOrigin(ObjectReader origin)
    {
        var match = StringMatchDecoder.Read(origin);
        if (match.Kind == StringMatchKind.Present || match.Value.Length == 0)
        {
            origin.Problem("an empty origin", "give exact, prefix or regex");
        }

        return match;
    }

    private static string? Method(ValueReader item)
    {
        var text = item.Text();
        if (text is not null && text != "*" && !Methods.Contains(text))
        {
            item.Problem($"\"{text}\" is no HTTP method", $"use one of {string.Join(", ", Methods)}");
        }

        return text;
    }

    private static string? Header(ValueReader item) => item.Node?.Text == "*" ? "*" : item.HeaderName();
}
