using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Lateen.Config.Decoding;

/// <summary>Reads a field and holds it against a rule; a value that breaks the rule is reported at its path and still returned.</summary>
internal static class FieldChecks
{
    public static string? Required(this ValueReader field, string fix)
    {
        var text = field.Text();
        if (string.IsNullOrEmpty(text))
        {
            field.Problem("required and missing", fix);
        }

        return text;
    }

    /// <summary>A host of a VirtualService, ServiceEntry or Gateway: a DNS name, possibly with a star, or (where allowed) an address.</summary>
    public static string? Host(this ValueReader field, bool allowAddress = false)
    {
        var text = field.Text();
        if (field.IsPresent && text is not null
            && !(allowAddress && NameRules.IsIpAddress(text)) && !NameRules.IsWildcardDnsName(text))
        {
            field.Problem(
                $"\"{text}\" is no host name",
                "use a DNS name, optionally with a leading *. for a wildcard" + (allowAddress ? ", or an IP address" : ""));
        }

        return text;
    }

    /// <summary>A name without a star.</summary>
    public static string? Fqdn(this ValueReader field)
    {
        var text = field.Text();
        if (text is not null && !NameRules.IsDnsName(text))
        {
            field.Problem($"\"{text}\" is no DNS name");
        }

        return text;
    }

    public static uint? Port(this ValueReader field) => field.Unsigned32(1, 65535);

    /// <summary>A percentage in whole numbers.</summary>
    public static int? Percent(this ValueReader field) => field.Number32(0, 100);

    /// <summary>Istio's durations count whole milliseconds and are at least one.</summary>
    public static TimeSpan? Milliseconds(this ValueReader field)
    {
        var value = field.Duration();
        if (value is { } given && (given < TimeSpan.FromMilliseconds(1) || given.Ticks % TimeSpan.TicksPerMillisecond != 0))
        {
            field.Problem("a duration must be at least 1ms and count whole milliseconds");
        }

        return value;
    }

    public static string? HeaderName(this ValueReader field)
    {
        var text = field.Text();
        CheckHeaderName(field, text);
        return text;
    }

    public static void CheckHeaderName(this ValueReader field, string? text)
    {
        if (text is not null && !NameRules.IsHeaderName(text))
        {
            field.Problem($"\"{text}\" is no header name");
        }
    }

    /// <summary>An RE2 expression; the proxy matches in linear time, so back-references and look-around do not exist.</summary>
    public static string? Regex(this ValueReader field)
    {
        var text = field.Text();
        if (text is { Length: > 0 })
        {
            CheckRegex(field, text);
        }

        return text;
    }

    public static void CheckRegex(this ValueReader field, string text)
    {
        // RE2 counts a repetition above 1000 as an error; .NET does not.
        try
        {
            _ = new Regex(text.Replace("(?P<", "(?<", StringComparison.Ordinal), RegexOptions.NonBacktracking | RegexOptions.CultureInvariant);
        }
        catch (Exception exception) when (exception is ArgumentException or NotSupportedException)
        {
            field.Problem($"\"{text}\" is no RE2 regular expression: {exception.Message}");
        }
    }

    /// <summary>Namespaces that may see a resource: `*` alone, or `.`, or names; `~` (nobody) alone where the kind allows it.</summary>
    public static ImmutableArray<string> ExportTo(this ValueReader field, string ownNamespace, bool allowNobody = false, bool onlyOwn = false)
    {
        var items = field.Items();
        var values = field.Texts();
        var seen = new HashSet<string>();
        foreach (var item in items)
        {
            var text = item.Text();
            var valid = text switch
            {
                "." or "*" => true,
                "~" => allowNobody,
                null => true,
                _ => NameRules.IsDnsLabel(text),
            };
            if (!valid)
            {
                item.Problem($"\"{text}\" is neither a namespace, nor \".\", nor \"*\"");
            }
            else if (text is not null && !seen.Add(text == "." ? ownNamespace : text))
            {
                item.Problem(text == "." || text == ownNamespace ? "the own namespace is given twice" : $"\"{text}\" is given twice");
            }

            if (onlyOwn && valid && text is not null && text != "." && text != ownNamespace)
            {
                item.Problem($"\"{text}\" is not allowed with a workloadSelector", "use \".\": a rule with a selector holds in its own namespace only");
            }
        }

        if (values.Length > 1 && (seen.Contains("*") || seen.Contains("~")))
        {
            field.Problem("\"*\" and \"~\" stand alone", "remove the other entries");
        }

        return values;
    }

    /// <summary>Labels that select workloads; stars are for hosts, not for labels.</summary>
    public static ImmutableArray<KeyValuePair<string, string>> Labels(this ValueReader field, bool allowEmptyKey = false)
    {
        foreach (var (key, value) in field.Entries())
        {
            if (!NameRules.IsLabelKey(key) && !(allowEmptyKey && key.Length == 0))
            {
                value.Problem($"\"{key}\" is no label key");
            }

            if (value.Text() is { } text && !NameRules.IsLabelValue(text))
            {
                value.Problem($"\"{text}\" is no label value");
            }
        }

        return field.TextMap();
    }
}
