namespace Lateen.Interception.Apply;

/// <summary>Recognises by its shape a rule that the options could have put into a built-in chain.</summary>
internal static class RuleShape
{
    /// <param name="certainly">Only shapes that nobody else has a use for.</param>
    public static bool IsOurs(string table, string printed, bool certainly)
    {
        string[] parts = Parts(CanonicalRule.Of(printed));
        bool Has(string part) => parts.Contains(part);
        bool Starts(string start) => parts.Any(p => p.StartsWith(start, StringComparison.Ordinal));
        bool isUdp = Has("-p udp");
        return table switch
        {
            "nat" => (!certainly && IsInterfaceReturn(parts))
                || (isUdp && Has("--dport 53") && Has("--to-ports 15053"))
                || (isUdp && Has("--dport 53") && Has("-j RETURN") && (Starts("--uid-owner") || Starts("--gid-owner") || Starts("! --gid-owner"))),
            "mangle" => (!certainly && (IsInterfaceReturn(parts) || (Has("--ctstate INVALID") && Has("-j DROP") && parts.Length == 2)))
                || (Has("--mark 1337") && (Has("--save-mark") || Has("--restore-mark") || (Has("-o lo") && Has("-j RETURN"))))
                || (Has("--set-mark 1338") && Has("-o lo")),
            "raw" => isUdp && (Has("--zone 1") || Has("--zone 2")) && (Has("--dport 53") || Has("--sport 53") || Has("--sport 15053")),
            _ => false,
        };
    }

    private static bool IsInterfaceReturn(string[] parts) => parts.Length == 2 && parts.Contains("-j RETURN")
        && parts.Any(p => p.StartsWith("-i ", StringComparison.Ordinal) || p.StartsWith("-o ", StringComparison.Ordinal));

    /// <summary>Options with their values: "-j RETURN", "--dport 53", "! --gid-owner 5".</summary>
    private static string[] Parts(string canonical)
    {
        List<string> parts = [];
        foreach (string word in canonical.Split(' '))
        {
            bool continues = parts.Count > 0 && (!word.StartsWith('-') || parts[^1] == "!") && word != "!";
            if (continues)
            {
                parts[^1] += " " + word;
            }
            else
            {
                parts.Add(word);
            }
        }

        return [.. parts];
    }
}
