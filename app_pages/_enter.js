// Back from the identity provider: hand the ticket in as a form, whose answer sets the session's cookie.
export default function ({ data }) {
  if (document.getElementById("tw-enter")) return;
  const form = document.createElement("form");
  form.id = "tw-enter";
  form.method = "post";
  form.action = "/session/redeem";
  for (const [name, value] of Object.entries(data)) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    form.append(input);
  }
  document.body.append(form);
  form.submit();
}
