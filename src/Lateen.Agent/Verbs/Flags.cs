using System.Globalization;

namespace Lateen.Agent.Verbs;

/// <summary>Reads a verb's arguments as the reference's command line does: <c>--name value</c>, <c>--name=value</c>, a bare switch, positions.</summary>
internal sealed class Flags
{
    private readonly Dictionary<string, string> _values = new(StringComparer.Ordinal);

    /// <summary>Arguments that are no flags, in order.</summary>
    public List<string> Positions { get; } = [];

    /// <summary>What is wrong with the arguments, null if nothing.</summary>
    public string? Problem { get; private set; }

    /// <param name="arguments">What follows the verb.</param>
    /// <param name="valued">Names of flags that take a value.</param>
    /// <param name="switches">Names of flags that are true when present.</param>
    public static Flags Parse(IReadOnlyList<string> arguments, IReadOnlyCollection<string> valued, IReadOnlyCollection<string> switches)
    {
        var flags = new Flags();
        for (var i = 0; i < arguments.Count; i++)
        {
            var argument = arguments[i];
            if (argument == "--")
            {
                flags.Positions.AddRange(arguments.Skip(i + 1));
                break;
            }
            if (!argument.StartsWith("--", StringComparison.Ordinal))
            {
                flags.Positions.Add(argument);
                continue;
            }
            var equals = argument.IndexOf('=', StringComparison.Ordinal);
            var name = equals < 0 ? argument[2..] : argument[2..equals];
            if (switches.Contains(name))
            {
                flags._values[name] = equals < 0 ? "true" : argument[(equals + 1)..];
            }
            else if (!valued.Contains(name))
            {
                flags.Problem ??= $"unknown flag: --{name}";
            }
            else if (equals >= 0)
            {
                flags._values[name] = argument[(equals + 1)..];
            }
            else if (++i < arguments.Count)
            {
                flags._values[name] = arguments[i];
            }
            else
            {
                flags.Problem ??= $"flag needs an argument: --{name}";
            }
        }
        return flags;
    }

    public string Text(string name, string otherwise) => _values.GetValueOrDefault(name, otherwise);

    public bool IsOn(string name) => _values.TryGetValue(name, out var value) && value is "true" or "1" or "t";

    public int Number(string name, int otherwise)
    {
        if (!_values.TryGetValue(name, out var text))
        {
            return otherwise;
        }
        if (int.TryParse(text, NumberStyles.Integer, CultureInfo.InvariantCulture, out var value))
        {
            return value;
        }
        Problem ??= $"invalid argument \"{text}\" for \"--{name}\" flag: not a whole number";
        return otherwise;
    }
}
