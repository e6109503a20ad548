using System.Collections.Immutable;
using System.Globalization;
using Lateen.Model;
using Lateen.Model.Policies;

namespace Lateen.Config.Decoding.Istio;

/// <summary>Reads the spec of an AuthorizationPolicy (security.istio.io).</summary>
internal static class AuthorizationPolicyDecoder
{
    private const string DryRun = "istio.io/dry-run";

    private static readonly ChoiceNames<AuthorizationAction> Actions = Choices.Of<AuthorizationAction>();

    // Istio, "Authorization Policy Conditions".
    private static readonly string[] PlainKeys =
    [
        "source.ip", "remote.ip", "source.namespace", "source.principal", "request.auth.principal", "request.auth.audiences",
        "request.auth.presenter", "destination.ip", "destination.port", "connection.sni",
    ];

    private static readonly string[] IndexedKeys = ["request.headers", "request.auth.claims"];

    public static AuthorizationPolicyConfig Read(ObjectReader spec, ConfigMeta meta)
    {
        var (selector, target) = PolicySelectorDecoder.Read(spec, meta.Namespace);
        var action = spec["action"].Choice(Actions) ?? AuthorizationAction.Allow;
        string? provider = null;
        spec["provider"].Message(block =>
        {
            provider = block["name"].Text() ?? "";
            return block;
        });
        if (action == AuthorizationAction.Custom && string.IsNullOrEmpty(provider))
        {
            spec.Problem("action CUSTOM without provider", "set provider.name to one of MeshConfig.extensionProviders");
        }
        else if (action != AuthorizationAction.Custom && provider is not null)
        {
            spec["provider"].Problem("a provider belongs to action CUSTOM", "set action: CUSTOM, or remove provider");
        }

        var config = new AuthorizationPolicyConfig
        {
            Meta = meta,
            Selector = selector,
            TargetRef = target,
            Action = action,
            Provider = provider ?? "",
            Rules = spec["rules"].Messages(rule => ReadRule(rule, action)),
        };
        CheckDryRun(spec, meta, action);
        if (spec["rules"].IsPresent is false && action is not AuthorizationAction.Allow)
        {
            spec.Warning("a policy without rules never matches", "add rules; rules: [{}] matches everything");
        }

        return config;
    }

    private static void CheckDryRun(ObjectReader spec, ConfigMeta meta, AuthorizationAction action)
    {
        if (meta.Annotations.Find(DryRun) is not { } value)
        {
            return;
        }

        if (value is not ("true" or "false" or "1" or "0" or "t" or "f" or "T" or "F" or "True" or "False" or "TRUE" or "FALSE"))
        {
            spec.Problem($"annotation {DryRun}: \"{value}\" is neither true nor false");
        }
        else if (action is AuthorizationAction.Audit or AuthorizationAction.Custom)
        {
            spec.Problem($"annotation {DryRun} works with ALLOW and DENY only", "remove it");
        }
    }

    private static AuthorizationRule ReadRule(ObjectReader rule, AuthorizationAction action)
    {
        foreach (var part in new[] { "from", "to", "when" })
        {
            if (rule[part].IsPresent && rule[part].Items().IsEmpty)
            {
                rule[part].Problem("an empty list", "remove the field: absent matches everything");
            }
        }

        return new AuthorizationRule
        {
            From = rule["from"].Messages(from => Required(from, "source", from["source"].Message(source => ReadSource(source, action))) ?? new AuthorizationSource()),
            To = rule["to"].Messages(to => Required(to, "operation", to["operation"].Message(ReadOperation)) ?? new AuthorizationOperation()),
            When = rule["when"].Messages(when => ReadCondition(when, action)),
        };
    }

    private static T? Required<T>(ObjectReader holder, string name, T? value)
        where T : class
    {
        if (value is null)
        {
            holder.Problem($"{name} is missing", $"give {name} with at least one field");
        }

        return value;
    }

    private static AuthorizationSource ReadSource(ObjectReader source, AuthorizationAction action)
    {
        source.Ignore("serviceAccounts", "notServiceAccounts");
        if (source.Node.Members.IsEmpty)
        {
            source.Problem("an empty source", "give at least one field");
        }

        if (action == AuthorizationAction.Custom)
        {
            foreach (var name in new[] { "namespaces", "notNamespaces", "principals", "notPrincipals" })
            {
                if (source[name].IsPresent)
                {
                    source[name].Warning("depends on mutual TLS, which a CUSTOM provider sees only afterwards");
                }
            }
        }

        return new AuthorizationSource
        {
            Principals = Values(source["principals"]),
            NotPrincipals = Values(source["notPrincipals"]),
            RequestPrincipals = Values(source["requestPrincipals"]),
            NotRequestPrincipals = Values(source["notRequestPrincipals"]),
            Namespaces = Values(source["namespaces"]),
            NotNamespaces = Values(source["notNamespaces"]),
            IpBlocks = Addresses(source["ipBlocks"]),
            NotIpBlocks = Addresses(source["notIpBlocks"]),
            RemoteIpBlocks = Addresses(source["remoteIpBlocks"]),
            NotRemoteIpBlocks = Addresses(source["notRemoteIpBlocks"]),
        };
    }

    private static AuthorizationOperation ReadOperation(ObjectReader operation)
    {
        if (operation.Node.Members.IsEmpty)
        {
            operation.Problem("an empty operation", "give at least one field");
        }

        return new AuthorizationOperation
        {
            Hosts = Values(operation["hosts"]),
            NotHosts = Values(operation["notHosts"]),
            Ports = Ports(operation["ports"]),
            NotPorts = Ports(operation["notPorts"]),
            Methods = Values(operation["methods"]),
            NotMethods = Values(operation["notMethods"]),
            Paths = Values(operation["paths"]),
            NotPaths = Values(operation["notPaths"]),
        };
    }

    private static AuthorizationCondition ReadCondition(ObjectReader condition, AuthorizationAction action)
    {
        var key = condition["key"].Required("name the attribute") ?? "";
        if (!condition["values"].IsPresent && !condition["notValues"].IsPresent)
        {
            condition.Problem("a condition without values", "give values or notValues");
        }

        if (key.Length > 0 && !IsKnownKey(key))
        {
            condition["key"].Problem($"\"{key}\" is no attribute", "use for example source.ip, request.headers[NAME], request.auth.claims[NAME]");
        }

        foreach (var field in new[] { condition["values"], condition["notValues"] })
        {
            switch (key)
            {
                case "source.ip" or "remote.ip" or "destination.ip":
                    Addresses(field);
                    break;
                case "destination.port":
                    Ports(field);
                    break;
            }
        }

        if (action == AuthorizationAction.Custom && key is "source.namespace" or "source.principal")
        {
            condition["key"].Warning("depends on mutual TLS, which a CUSTOM provider sees only afterwards");
        }

        return new AuthorizationCondition(key, Values(condition["values"]), Values(condition["notValues"]));
    }

    private static bool IsKnownKey(string key)
    {
        if (PlainKeys.Contains(key))
        {
            return true;
        }

        // The filter's name and, in brackets, the name of what it left.
        if (key.StartsWith("experimental.envoy.filters.", StringComparison.Ordinal))
        {
            return key.EndsWith(']') && key.IndexOf('[', StringComparison.Ordinal) is > 0 and var open && open < key.Length - 2;
        }

        return IndexedKeys.Any(prefix =>
            key.StartsWith(prefix + "[", StringComparison.Ordinal) && key.EndsWith(']') && key.Length > prefix.Length + 2);
    }

    private static ImmutableArray<string> Values(ValueReader field)
    {
        if (field.IsPresent && field.Items().IsEmpty)
        {
            field.Problem("an empty list", "remove the field");
        }

        return field.List(item =>
        {
            var text = item.Text();
            if (text is "")
            {
                item.Problem("an empty value", "remove it; \"*\" asks for presence");
            }

            return text;
        });
    }

    private static ImmutableArray<string> Addresses(ValueReader field)
    {
        foreach (var item in field.Items())
        {
            if (item.Text() is { Length: > 0 } text && !NameRules.IsIpAddressOrCidr(text))
            {
                item.Problem($"\"{text}\" is neither an IP address nor a CIDR range");
            }
        }

        return Values(field);
    }

    private static ImmutableArray<string> Ports(ValueReader field)
    {
        foreach (var item in field.Items())
        {
            if (item.Text() is { Length: > 0 } text
                && (!ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out var port) || port == 0))
            {
                item.Problem($"\"{text}\" is no port", "use \"1\" to \"65535\"");
            }
        }

        return Values(field);
    }
}
