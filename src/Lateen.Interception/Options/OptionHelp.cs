using System.Text;

namespace Lateen.Interception.Options;

/// <summary>What --help prints.</summary>
public static class OptionHelp
{
    /// <summary>Usage and one line per option.</summary>
    public static string Text(string command)
    {
        StringBuilder text = new($"Usage: {command} [flags]\n\n");
        foreach (OptionSpec option in OptionTable.All)
        {
            string flags = option.Name.Length == 0 ? "" : (option.Letter == '\0' ? "    " : $"-{option.Letter}, ") + "--" + option.Name;
            string fallback = option.Default.Length == 0 ? "" : $" (default {option.Default})";
            text.Append($"  {flags,-44} {option.Help}{fallback} [{option.Variable}]\n");
        }

        return text.ToString();
    }
}
