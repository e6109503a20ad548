using System.Globalization;
using System.Text;
using Lateen.Model;
using Lateen.Model.Networking;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads redirects, direct responses, rewrites and retries of an HTTP rule.</summary>
internal static class HttpActionDecoder
{
    // Istio sets Envoy's max_direct_response_body_size to 1 MiB.
    private const int MaxBodyBytes = 1 << 20;
    private const int LargeBodyBytes = 100 << 10;

    private static readonly int[] RedirectCodes = [0, 301, 302, 303, 307, 308];

    private static readonly ChoiceNames<RedirectPortSelection> PortSelections = Choices.Of<RedirectPortSelection>();

    // Envoy, "x-envoy-retry-on" and "x-envoy-retry-grpc-on".
    private static readonly HashSet<string> RetryConditions =
    [
        "5xx", "gateway-error", "reset", "connect-failure", "envoy-ratelimited", "retriable-4xx", "refused-stream",
        "retriable-status-codes", "retriable-headers", "cancelled", "deadline-exceeded", "internal", "resource-exhausted", "unavailable",
    ];

    public static HttpRedirect ReadRedirect(ObjectReader redirect)
    {
        redirect.OneOf("port", "derivePort");
        var result = new HttpRedirect
        {
            Uri = redirect["uri"].Text() ?? "",
            Authority = redirect["authority"].Text() ?? "",
            Scheme = redirect["scheme"].Text() ?? "",
            Port = (int?)redirect["port"].Port(),
            DerivePort = redirect["derivePort"].Choice(PortSelections),
            RedirectCode = redirect["redirectCode"].Number32() ?? 0,
        };
        if (!RedirectCodes.Contains(result.RedirectCode))
        {
            redirect["redirectCode"].Problem($"{result.RedirectCode} is no redirect status", "use 301, 302, 303, 307 or 308");
        }

        if (result.Scheme is not ("" or "http" or "https"))
        {
            redirect["scheme"].Problem($"\"{result.Scheme}\" is no scheme", "use http or https");
        }

        if (result is { Uri: "", Authority: "", Scheme: "", Port: null, DerivePort: null })
        {
            redirect.Problem("a redirect to the same place", "set uri, authority, scheme or port");
        }

        return result;
    }

    public static HttpDirectResponse ReadDirectResponse(ObjectReader response)
    {
        var body = response["body"].Message(holder =>
        {
            holder.OneOf("string", "bytes");
            return new HttpDirectResponse(0, holder["string"].Text(), holder["bytes"].Bytes() is { } bytes ? new EquatableArray<byte>?(bytes) : null);
        });
        var result = new HttpDirectResponse(response["status"].Number32() ?? 0, body?.BodyText, body?.BodyBytes);
        if (result.Status is < 200 or > 599)
        {
            response["status"].Problem($"{result.Status} is no final HTTP status", "use 200 to 599");
        }

        var size = result.BodyText is { } text ? Encoding.UTF8.GetByteCount(text) : result.BodyBytes?.Count ?? 0;
        if (size > MaxBodyBytes)
        {
            response["body"].Problem($"a body of {size} bytes is above the limit of {MaxBodyBytes}");
        }
        else if (size > LargeBodyBytes)
        {
            response["body"].Warning($"a body of {size} bytes makes the configuration of every proxy large", "serve it from a workload");
        }

        return result;
    }

    public static HttpRewrite ReadRewrite(ObjectReader rewrite)
    {
        var regex = rewrite["uriRegexRewrite"].Message(ReadRegexRewrite);
        var result = new HttpRewrite(rewrite["uri"].Text() ?? "", rewrite["authority"].Text() ?? "", regex);
        if (result is { Uri: "", Authority: "", UriRegexRewrite: null })
        {
            rewrite.Problem("an empty rewrite", "set uri, uriRegexRewrite or authority");
        }

        if (result is { Uri.Length: > 0, UriRegexRewrite: not null })
        {
            rewrite.Problem("both uri and uriRegexRewrite are set", "keep one");
        }

        return result;
    }

    public static HttpRetry ReadRetry(ObjectReader retry)
    {
        var result = new HttpRetry(
            retry["attempts"].Number32(0) ?? 0,
            retry["perTryTimeout"].Milliseconds(),
            retry["retryOn"].Text() ?? "",
            retry["retryRemoteLocalities"].Boolean());
        if (result.Attempts == 0 && (result.PerTryTimeout is not null || result.RetryOn.Length > 0 || result.RetryRemoteLocalities is not null))
        {
            retry.Problem("retries are off (attempts 0) and have settings", "set attempts, or remove the others");
        }

        foreach (var condition in result.RetryOn.Length == 0 ? [] : result.RetryOn.Split(','))
        {
            CheckRetryCondition(retry["retryOn"], condition.Trim());
        }

        return result;
    }

    private static RegexRewrite ReadRegexRewrite(ObjectReader regex)
    {
        regex["match"].Required("give the RE2 expression to replace");
        regex["rewrite"].Required("give the replacement");
        return new RegexRewrite(regex["match"].Regex() ?? "", regex["rewrite"].Text() ?? "");
    }

    private static void CheckRetryCondition(ValueReader field, string condition)
    {
        if (int.TryParse(condition, NumberStyles.None, CultureInfo.InvariantCulture, out var status))
        {
            if (status is < 200 or > 599)
            {
                field.Problem($"{status} is no HTTP status", "use 200 to 599");
            }
        }
        else if (!RetryConditions.Contains(condition))
        {
            var near = Spelling.Nearest(condition, RetryConditions);
            field.Problem($"\"{condition}\" is no retry condition", near is null ? "" : $"did you mean {near}?");
        }
    }
}
