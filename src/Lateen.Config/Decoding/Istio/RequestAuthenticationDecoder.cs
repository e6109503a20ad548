using System.Text.Json;
using Lateen.Model;
using Lateen.Model.Policies;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the spec of a RequestAuthentication (security.istio.io).</summary>
internal static class RequestAuthenticationDecoder
{
    public static RequestAuthenticationConfig Read(ObjectReader spec, ConfigMeta meta)
    {
        var (selector, target) = PolicySelectorDecoder.Read(spec, meta.Namespace);
        return new RequestAuthenticationConfig
        {
            Meta = meta, Selector = selector, TargetRef = target, JwtRules = spec["jwtRules"].Messages(ReadRule),
        };
    }

    private static JwtRule ReadRule(ObjectReader rule)
    {
        var result = new JwtRule
        {
            Issuer = rule["issuer"].Required("name who signs the tokens") ?? "",
            Audiences = rule["audiences"].List(Filled),
            JwksUri = Uri(rule["jwksUri"].IsPresent ? rule["jwksUri"] : rule["jwks_uri"]),
            Jwks = Keys(rule["jwks"]),
            FromHeaders = rule["fromHeaders"].Messages(header => new JwtHeader(
                header["name"].Required("name the header") ?? "", header["prefix"].Text() ?? "")),
            FromParams = rule["fromParams"].List(Filled),
            FromCookies = rule["fromCookies"].List(Filled),
            OutputPayloadToHeader = rule["outputPayloadToHeader"].Text() ?? "",
            ForwardOriginalToken = rule["forwardOriginalToken"].Boolean() ?? false,
            OutputClaimToHeaders = rule["outputClaimToHeaders"].Messages(ReadClaim),
            Timeout = rule["timeout"].Milliseconds(),
        };
        if (result is { JwksUri.Length: > 0, Jwks.Length: > 0 })
        {
            rule.Problem("both jwks and jwksUri are set", "keep one");
        }

        return result;
    }

    private static string? Filled(ValueReader item)
    {
        var text = item.Text();
        if (string.IsNullOrEmpty(text))
        {
            item.Problem("an empty entry", "remove it or fill it in");
        }

        return text;
    }

    private static string Uri(ValueReader field)
    {
        var text = field.Text() ?? "";
        if (text.Length > 0 && (!System.Uri.TryCreate(text, UriKind.Absolute, out var uri) || uri.Scheme is not ("http" or "https")))
        {
            field.Problem($"\"{text}\" is no http or https URL");
        }

        return text;
    }

    private static string Keys(ValueReader field)
    {
        var text = field.Text() ?? "";
        if (text.Length == 0)
        {
            return "";
        }

        try
        {
            // RFC 7517, 5: an object with a member "keys" that is an array.
            using var set = JsonDocument.Parse(text);
            if (set.RootElement.ValueKind != JsonValueKind.Object || !set.RootElement.TryGetProperty("keys", out var keys)
                || keys.ValueKind != JsonValueKind.Array)
            {
                field.Problem("no JSON Web Key Set", "write {\"keys\": [...]}");
            }
        }
        catch (JsonException)
        {
            field.Problem("no JSON", "write a JSON Web Key Set: {\"keys\": [...]}");
        }

        return text;
    }

    private static ClaimToHeader ReadClaim(ObjectReader claim)
    {
        var header = claim["header"].Required("name the header") ?? "";
        if (header.Length > 0 && !header.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
        {
            claim["header"].Problem($"\"{header}\" is no header name", "use letters, digits, - and _");
        }

        return new ClaimToHeader(header, claim["claim"].Required("name the claim") ?? "");
    }
}
