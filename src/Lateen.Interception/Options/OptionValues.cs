namespace Lateen.Interception.Options;

/// <summary>
/// Texts of the options and where each came from: a flag, else the environment, else the default. An empty variable counts as unset.
/// </summary>
public sealed class OptionValues
{
    private readonly Dictionary<OptionSpec, Given> _set = [];
    private readonly List<OptionProblem> _problems = [];
    private readonly IReadOnlyDictionary<string, string> _environment;

    private OptionValues(IReadOnlyDictionary<string, string> environment) => _environment = environment;

    /// <summary>Problems with the command line itself.</summary>
    public IReadOnlyList<OptionProblem> Problems => _problems;

    /// <summary>Whether help was asked for.</summary>
    public bool AsksForHelp { get; private set; }

    /// <summary>Reads flags as pflag does: --name=v, --name v, -n v, -nv, -n=v, switches without a value; -- ends them.</summary>
    public static OptionValues Read(IReadOnlyList<string> arguments, IReadOnlyDictionary<string, string> environment)
    {
        ArgumentNullException.ThrowIfNull(arguments);
        ArgumentNullException.ThrowIfNull(environment);
        OptionValues values = new(environment);
        for (int i = 0; i < arguments.Count; i++)
        {
            string argument = arguments[i];
            if (argument == "--")
            {
                break;
            }

            if (argument.StartsWith("--", StringComparison.Ordinal))
            {
                int equals = argument.IndexOf('=', StringComparison.Ordinal);
                string name = equals < 0 ? argument[2..] : argument[2..equals];
                values.Take(name, "--" + name, equals < 0 ? null : argument[(equals + 1)..], arguments, ref i);
            }
            else if (argument.Length > 1 && argument[0] == '-')
            {
                values.TakeShort(argument, arguments, ref i);
            }
            else
            {
                values._problems.Add(new OptionProblem($"argument \"{argument}\"", "is not an option", "options start with - or --; --help lists them"));
            }
        }

        return values;
    }

    /// <summary>The option's text and the place it came from.</summary>
    public (string Text, string Where) Get(OptionSpec spec)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (_set.TryGetValue(spec, out Given? flag))
        {
            return (flag.Text, flag.Where);
        }

        foreach (string variable in spec.SecondVariable is null ? [spec.Variable] : new[] { spec.Variable, spec.SecondVariable })
        {
            if (_environment.TryGetValue(variable, out string? text) && (text.Length > 0 || spec.EmptyIsValue))
            {
                return (text, $"environment variable {variable}");
            }
        }

        return (spec.Default, spec.Called);
    }

    private void Take(string name, string shown, string? value, IReadOnlyList<string> arguments, ref int index)
    {
        if (name is "help")
        {
            AsksForHelp = true;
            return;
        }

        OptionSpec? spec = OptionTable.All.FirstOrDefault(o => o.Name.Length > 0 && o.Name == name);
        if (spec is null)
        {
            // Logging flags are the agent's: --log_output_level=default:info and its like are accepted with their value.
            bool isLogging = name.StartsWith("log_", StringComparison.Ordinal) || name is "vklog";
            if (!isLogging)
            {
                _problems.Add(new OptionProblem(shown, "is not an option of this command", "--help lists the options"));
            }
            else if (value is null && name is not "log_as_json" and not "log_stacktrace" and not "log_caller")
            {
                index++;
            }

            return;
        }

        if (value is null && !spec.IsSwitch)
        {
            if (index + 1 >= arguments.Count)
            {
                _problems.Add(new OptionProblem(shown, "has no value", $"write {shown} VALUE ({spec.Help})"));
                return;
            }

            value = arguments[++index];
        }

        _set[spec] = new Given(value ?? "true", shown);
    }

    private void TakeShort(string argument, IReadOnlyList<string> arguments, ref int index)
    {
        for (int at = 1; at < argument.Length; at++)
        {
            char letter = argument[at];
            string shown = "-" + letter;
            if (letter == 'h')
            {
                AsksForHelp = true;
                continue;
            }

            OptionSpec? spec = OptionTable.All.FirstOrDefault(o => o.Letter == letter);
            if (spec is null)
            {
                _problems.Add(new OptionProblem(shown, "is not an option of this command", "--help lists the options"));
                return;
            }

            string rest = argument[(at + 1)..];
            if (rest.StartsWith('='))
            {
                _set[spec] = new Given(rest[1..], shown);
                return;
            }

            if (!spec.IsSwitch)
            {
                Take(spec.Name, shown, rest.Length > 0 ? rest : null, arguments, ref index);
                return;
            }

            _set[spec] = new Given("true", shown);
        }
    }

    private sealed record Given(string Text, string Where);
}
